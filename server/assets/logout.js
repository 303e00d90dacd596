// Goes on to the service once every frame has answered or failed, and in any
// case after a while. Without scripts the head of the page does it, or the link.
const onward = document.querySelector("a[data-patience]");
if (onward) {
  const go = () => location.replace(onward.href);
  setTimeout(go, Number(onward.dataset.patience) * 1000);
  addEventListener("load", go);
}
