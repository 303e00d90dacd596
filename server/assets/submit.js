// Sends the answer back to the service. Without scripts the button does it.
// A plain script in plain words, behind the form: browsers that know no modules
// come here too.
document.querySelector("form[data-submit]").submit();
