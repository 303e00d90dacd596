// Sends the answer back to the service. Without scripts the button does it.
document.querySelector("form[data-submit]")?.submit();
