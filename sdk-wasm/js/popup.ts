/** The login window on a desktop. */

/** Opens it in the task of the click, on an address that may come later. */
export function openPopup(address: string | Promise<string>, given: Window | undefined): Window | null {
  const features = `popup,width=480,height=760,left=${screenX + (outerWidth - 480) / 2},top=${screenY + 60}`;
  const now = typeof address === 'string' ? address : 'about:blank';
  const popup = given ?? open(now, 'psc-login', features);
  if (given && now === address) given.location.replace(now);
  if (now !== address) {
    Promise.resolve(address).then((late) => popup?.location.replace(late), () => popup?.close());
  }
  popup?.focus();
  return popup;
}

/**
 * Calls back when the window seems closed and the person is back on this page.
 *
 * `closed` is a hint only: a provider that isolates its windows makes it lie,
 * so the answer is still awaited after this.
 */
export function whenAbandoned(popup: Window, abandoned: () => void): () => void {
  let since = 0;
  const timer = setInterval(() => {
    const seems = popup.closed && document.hasFocus();
    since = seems ? since || Date.now() : 0;
    if (since && Date.now() - since >= 2000) abandoned();
  }, 250);
  return () => clearInterval(timer);
}

/** Popups become tabs on phones, where coming back from the e-CPS would lose them. */
export function isPhone(): boolean {
  return matchMedia('(pointer: coarse) and (hover: none)').matches;
}
