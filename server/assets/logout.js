// Goes on to the service once every frame has answered or failed, and in any
// case after a while. Without scripts the head of the page does it, or the link.
// A plain script in plain words, behind the frames: browsers that know no
// modules come here too.
var onward = document.getElementById("onward");
function go() { location.replace(onward.href); }
setTimeout(go, onward.getAttribute("data-patience") * 1000);
window.addEventListener("load", go);
