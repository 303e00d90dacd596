### The words of the pages. One key for each sentence, the same in each language.

## Everywhere
skip = Skip to content
switch = Français
foot = openpsc, the open identity provider for health professionals
cancel = Cancel and go back to “{ $client }”
continue = Continue
answered = I have answered on my phone

## Logging in
login-title = Log in to “{ $client }”
means = Ways to log in
means-ecps = e-CPS
notice-identifier-invalid = This cannot be your identifier. Type the 11 digits of your RPPS number, or the identifier on your professional card.
notice-too-many-requests = Too many requests were sent to this phone. Scan the QR code, or wait a few minutes.
notice-push-refused = Requests to this phone are on hold, because a login was reported as suspicious. Scan the QR code.
notice-no-phone = This identifier has no active e-CPS yet. Activate one, or check the identifier.
qr-late = The network does not answer: the QR code is out of date. Check this computer’s connection.
notice-qr-expired = The QR code was shown for too long. Here is a new one.
here-title = Is your e-CPS on this device?
here-open = Open my e-CPS
here-hint = The app opens beside this page. Approve, then come back: the page goes on by itself.
scan-title = Scan this code with your e-CPS
scan-alt = QR code to scan with the e-CPS app. It changes every second.
scan-step-open = Open the e-CPS app on your phone
scan-step-scan = Tap “Scan a code” and aim at this one
scan-step-approve = Type your PIN to approve
push-title = Send the request to my phone
push-identifier = Your national identifier
push-identifier-hint = The 11 digits of your RPPS number, or the identifier on your professional card
push-remember = Remember my identifier on this device
push-send = Send to my phone
help-title = Need help?
help-none = No e-CPS yet, or a new phone? Activate it first.
help-portal = Activate an e-CPS
help-identifier = Your identifier is on your professional card. Your RPPS number is also in the health directory.
help-never = Nobody will ever ask you for a code or a number by phone or e-mail. When in doubt, cancel.
sandbox-title = Sandbox: log in with one click
sandbox-hint = These people are invented. Choose one to try.

## Waiting for the phone
wait-number-title = Type this number on your phone
wait-phone-title = Finish on your phone
wait-phone-text = Check that your e-CPS shows “{ $client }”, then type your PIN.
wait-pending = Waiting for your phone…
wait-fetched = Your phone shows the request.
wait-step-open = Open the e-CPS app
wait-step-check = Check that it shows “{ $client }”
wait-step-type = Type the number, then your PIN
fact-service = Service
fact-identifier = Identifier
fact-time-left = Time left
late-title = Nothing on your phone?
late-open = Open the e-CPS app yourself: the request is in there.
late-identifier = Is the identifier right?
late-change = Correct it
late-none = No e-CPS on this phone yet?

## How the wait ends
approved-title = Approved
approved-text = We are taking you back to { $client }.
denied-title = You refused the login
denied-text = The request was refused on the phone. If that was a mistake, start again. If you did not ask for it, approve nothing.
number-wrong-title = That was not the number
number-wrong-text = Another number was typed on the phone, so this request is cancelled. Start again and type the new number.
expired-title = Time is up
expired-text = Nobody answered on the phone in time. Have it at hand and start again.
superseded-title = A newer request took its place
superseded-text = Another login was started with the same identifier. Go on in the other page, or start again here.
phone-locked-title = Your e‑CPS is locked
phone-locked-text = Too many wrong PINs were typed on the phone. Open the app: it says when to try again, or whether to activate it anew.
too-many-requests-title = Too many requests
too-many-requests-text = Too many requests were sent to this phone. Scan the QR code instead, or wait a few minutes.
cancelled-title = Login cancelled
cancelled-text = Nothing was sent to { $client }.
login-expired-title = This page was left open for too long
login-expired-text = To be safe, the login was given up. Go back to { $client } and log in again.
login-finished-title = This login is already finished
login-finished-text = It ended here or in another tab. Go back to { $client }.
again = Start again
again-with-qr = Scan the QR code
back-to-service = Back to { $client }
back-by-yourself = You can close this page and go back to { $client }.

## Errors
error-logout-title = This service cannot log you out
error-request-title = This service cannot log you in
error-request-text = The service that you use sent a wrong request. It is not your fault: call your IT support and give them this reference.
error-other-browser-title = This login was started elsewhere
error-other-browser-text = This page belongs to another browser, or cookies are blocked. Go back to your service and log in from this browser.
error-too-many-title = Many logins begin at the same time
error-too-many-text = Wait a minute, go back to your service and start again. If it happens again, call your IT support and give them this reference.
error-not-found-title = There is no such page
error-not-found-text = The address may be incomplete. Go back to your service and start again.
error-server-title = A failure on our side stops us
error-server-text = Try again in a minute. If it lasts, call your IT support and give them this reference.
error-back = Back to the service
error-reference = Reference:
error-technical = For the IT team
error-received = { $name } received

## Back to the service
form-post-title = Back to your service

## Logging out
logout-title = Log out?
logout-asked-by = { $client } asks you to log out.
logout-who = You are logged in as { $who }.
logout-everywhere = No service can log you in again without you. One that is already open may stay on the screen for a few minutes: close it.
logout-yes = Log me out
logout-no = To stay logged in, close this page.
logged-out-title = You are logged out
logged-out-telling = We are telling the other services open in this browser, then we take you back to yours.
logged-out-text = On a shared computer, close the browser too.

## One’s own sessions
account-title = Where you are logged in
account-text = Every browser in which you proved who you are, and the services that have access to your identity there. End whatever you do not recognise.
account-nobody = Nobody is logged in in this browser. Log in to one of your services, then come back to this page.
account-here = this browser
account-browser-on = { $browser } on { $os }
account-unknown-browser = Unknown browser
account-no-browser = A program, without a browser
account-used = Last used
account-started = Begun
account-means = Means
account-by-phone = e-CPS
account-by-card = CPS card
account-level = Level of assurance
level-low = Low (eidas1)
level-substantial = Substantial (eidas2)
level-high = High (eidas3)
account-network = Network
account-services = Services
account-granted = Access given { $when }
account-refreshed = Used { $when }
account-withdraw = Withdraw access
account-withdraw-hint = A service whose access you withdraw is told, and can read nothing any more. It may ask again when you open it again.
account-end = End this session
account-everything = End all my sessions
account-everything-text = In this browser and everywhere else. Every service is told; you will have to prove who you are again. If your phone is lost, activate your e-CPS on another one afterwards: the old one will be worth nothing.
account-everything-yes = Yes, end everything
account-link = See where you are logged in
ago-now = just now
ago-minutes = { $count ->
    [one] { $count } minute ago
   *[other] { $count } minutes ago
  }
ago-hours = { $count ->
    [one] { $count } hour ago
   *[other] { $count } hours ago
  }
ago-days = { $count ->
    [one] { $count } day ago
   *[other] { $count } days ago
  }

## The sandbox’s portal
portal-title = Give a test identity an e-CPS
portal-text = Choose somebody invented, then scan their code with your phone. A person has one e-CPS at a time: the new one replaces the old.
portal-enrol = Activate an e-CPS
portal-enrol-again = Change phones
portal-back = All test identities
phone-none = No e-CPS
phone-enrolling = Being activated
phone-active = e-CPS active: { $label }
phone-locked = e-CPS locked
phone-suspended = e-CPS suspended
enrol-steps = Steps
enrol-step-scan = Scan
enrol-step-pin = PIN
enrol-step-check = Check
enrol-waiting-title = Scan this code with the e-CPS app
enrol-waiting-text = Open the app on your phone, tap “Scan the activation code” and aim at this one.
enrol-alt = Activation QR code, to scan with the e-CPS app
enrol-open-here = Open the app on this device
enrol-claimed-title = Choose your PIN on the phone
enrol-claimed-text = You will be asked for it at each login. Give it to nobody.
enrol-claimed-state = Waiting for your phone…
enrol-pin-set-title = Is it the same number on your phone?
enrol-pin-set-text = If it does, it is your phone. If not, somebody else scanned the code.
enrol-confirm = Yes, it is the same
enrol-refuse = No, it is not my phone
enrol-active-title = Well done, your e‑CPS is active
enrol-active-text = You can log in to services with this phone.
enrol-try = Try it
enrol-expired-title = The code is no longer valid
enrol-expired-text = Nobody scanned it in time.
enrol-refused-title = Activation refused
enrol-refused-text = The phone that had scanned the code was given no rights.
enrol-again = Start again

## The sandbox’s front page
home-title = openpsc sandbox
home-text = All you need to try a health professional’s login, on this machine and offline. The people are invented.
home-phone = 1. Take a phone
home-phone-text = Choose a test identity and activate its e-CPS, on your phone or in another tab.
home-phone-open = Activate an e-CPS
home-login = 2. Log in
home-login-text = Two example services. Logged in to the first, you are logged in to the second without a gesture.
home-own = 3. Connect your own service
home-own-text = Give your OpenID Connect client this provider’s address, and a client_id that is registered here.
home-clients = The registered clients, and how to add yours
home-clients-text = Describe your service in a file and give it to the sandbox; the settings are in docs/settings.md. Or use a client of ours:
home-issuer = Issuer
home-discovery = Discovery
home-app = e-CPS app
home-docs = Documentation
