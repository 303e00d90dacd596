// A phone that the provider plays itself: for scenes about something else.

/** Enrols one for somebody; `answer` says how it takes the next request. */
export async function simulatePhone(programs, nationalId) {
  const address = `${programs.provider}/sandbox/v1/phones/${nationalId}`;
  const post = async (url) => {
    const answer = await fetch(url, { method: 'POST' });
    if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await post(address);
  return {
    approve: () => post(`${address}/approve`),
    deny: () => post(`${address}/deny`),
    alwaysApproves: () => post(`${address}/approve?always=true`),
  };
}

/** Lets time pass on the provider's clock, and on no other. */
export async function advanceClock(programs, seconds) {
  const answer = await fetch(`${programs.provider}/sandbox/v1/clock?advance=${seconds}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the clock: ${answer.status} ${await answer.text()}`);
}
