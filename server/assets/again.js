// For a browser that runs scripts and knows no modules: asks for the page again,
// as a browser without scripts does.
setTimeout(function () { location.reload(); }, 3000);
