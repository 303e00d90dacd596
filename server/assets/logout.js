// Goes on to the service once every frame has answered or failed, and in any
// case after a while. A plain script in plain words, behind the link: browsers
// that know no modules come here too. Without scripts the head of the page does
// it, or the link.
(function () {
  var onward = document.querySelector("a[data-patience]");
  function go() { location.replace(onward.href); }
  setTimeout(go, Number(onward.getAttribute("data-patience")) * 1000);
  addEventListener("load", go);
})();
