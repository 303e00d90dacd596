### Les mots des pages. Une clé par phrase, la même dans chaque langue.

## Partout
skip = Aller au contenu
switch = English
foot = openpsc, fournisseur d’identité ouvert pour les professionnels de santé
cancel = Annuler et revenir à « { $client } »
continue = Continuer
answered = J’ai répondu sur mon téléphone

## Se connecter
login-title = Se connecter à « { $client } »
means = Moyens d’identification
means-ecps = e-CPS
notice-identifier-invalid = Cet identifiant ne peut pas être le vôtre. Tapez les 11 chiffres de votre numéro RPPS, ou l’identifiant inscrit sur votre carte professionnelle.
notice-too-many-requests = Trop de demandes ont été envoyées à ce téléphone. Scannez le QR code, ou attendez quelques minutes.
notice-push-refused = Les demandes vers ce téléphone sont suspendues, car une connexion y a été signalée comme suspecte. Scannez le QR code.
notice-no-phone = Cet identifiant n’a pas encore d’e-CPS active. Activez-en une, ou vérifiez l’identifiant.
qr-late = Le réseau ne répond pas : le QR code n’est plus à jour. Vérifiez la connexion de cet ordinateur.
notice-qr-expired = Le QR code est resté affiché trop longtemps. En voici un nouveau.
here-title = Votre e-CPS est sur cet appareil ?
here-open = Ouvrir mon e-CPS
here-hint = L’application s’ouvre à côté. Approuvez, puis revenez ici : la page continue seule.
scan-title = Scannez ce code avec votre e-CPS
scan-alt = QR code à scanner avec l’application e-CPS. Il change chaque seconde.
scan-step-open = Ouvrez l’application e-CPS sur votre téléphone
scan-step-scan = Touchez « Scanner un code » et visez celui-ci
scan-step-approve = Tapez votre code secret pour approuver
push-title = Envoyer la demande à mon téléphone
push-identifier = Votre identifiant national
push-identifier-hint = Les 11 chiffres de votre numéro RPPS, ou l’identifiant de votre carte professionnelle
push-remember = Retenir mon identifiant sur cet appareil
push-send = Envoyer sur mon téléphone
help-title = Besoin d’aide ?
help-none = Pas encore d’e-CPS, ou nouveau téléphone ? Activez-la d’abord.
help-portal = Activer une e-CPS
help-identifier = Votre identifiant figure sur votre carte professionnelle. Votre numéro RPPS est aussi dans l’annuaire santé.
help-never = Personne ne vous demandera jamais un code ou un nombre par téléphone ou par courriel. Dans le doute, annulez.
sandbox-title = Bac à sable : se connecter en un clic
sandbox-hint = Ces personnes sont inventées. Choisissez-en une pour essayer.

## Attendre le téléphone
wait-number-title = Tapez ce nombre sur votre téléphone
wait-phone-title = Terminez sur votre téléphone
wait-phone-text = Vérifiez que votre e-CPS affiche bien « { $client } », puis tapez votre code secret.
wait-pending = En attente de votre téléphone…
wait-fetched = Votre téléphone affiche la demande.
wait-step-open = Ouvrez l’application e-CPS
wait-step-check = Vérifiez qu’elle affiche bien « { $client } »
wait-step-type = Tapez le nombre, puis votre code secret
fact-service = Service
fact-identifier = Identifiant
fact-time-left = Temps restant
late-title = Rien sur votre téléphone ?
late-open = Ouvrez vous-même l’application e-CPS : la demande s’y trouve.
late-identifier = L’identifiant est-il le bon ?
late-change = Le corriger
late-none = Pas encore d’e-CPS sur ce téléphone ?

## Comment l’attente se termine
approved-title = C’est approuvé
approved-text = Nous vous ramenons à { $client }.
denied-title = Vous avez refusé la connexion
denied-text = La demande a été refusée sur le téléphone. Si c’était une erreur, recommencez. Si vous ne l’aviez pas demandée, n’approuvez rien.
number-wrong-title = Ce n’était pas le bon nombre
number-wrong-text = Un autre nombre a été tapé sur le téléphone : cette demande est annulée. Recommencez et tapez le nouveau nombre.
expired-title = Le temps est écoulé
expired-text = Personne n’a répondu sur le téléphone à temps. Gardez-le à la main et recommencez.
superseded-title = Une demande plus récente l’a remplacée
superseded-text = Une autre connexion a été lancée avec le même identifiant. Continuez dans l’autre page, ou recommencez ici.
phone-locked-title = Votre e‑CPS est verrouillée
phone-locked-text = Trop de codes secrets erronés ont été tapés sur le téléphone. Ouvrez l’application : elle dit quand réessayer, ou s’il faut l’activer de nouveau.
too-many-requests-title = Trop de demandes
too-many-requests-text = Trop de demandes ont été envoyées à ce téléphone. Scannez plutôt le QR code, ou attendez quelques minutes.
cancelled-title = Connexion annulée
cancelled-text = Rien n’a été transmis à { $client }.
login-expired-title = Cette page est restée ouverte trop longtemps
login-expired-text = Par sécurité, la connexion a été abandonnée. Retournez à { $client } et connectez-vous de nouveau.
login-finished-title = Cette connexion est déjà terminée
login-finished-text = Elle a abouti ici ou dans un autre onglet. Retournez à { $client }.
again = Recommencer
again-with-qr = Scanner le QR code
back-to-service = Retourner à { $client }
back-by-yourself = Vous pouvez fermer cette page et retourner à { $client }.

## Erreurs
error-logout-title = Déconnexion impossible depuis ce service
error-request-title = Connexion impossible depuis ce service
error-request-text = Le service que vous utilisez a envoyé une demande incorrecte. Vous n’y êtes pour rien : appelez votre support informatique et donnez-lui cette référence.
error-other-browser-title = Cette connexion a commencé ailleurs
error-other-browser-text = Cette page appartient à un autre navigateur, ou les cookies sont bloqués. Retournez à votre service et connectez-vous depuis ce navigateur-ci.
error-too-many-title = Beaucoup de connexions commencent en même temps
error-too-many-text = Attendez une minute, retournez à votre service et recommencez. Si cela se répète, appelez votre support informatique et donnez-lui cette référence.
error-not-found-title = Cette page n’existe pas
error-not-found-text = L’adresse est peut-être incomplète. Retournez à votre service et recommencez.
error-server-title = Une panne nous empêche de continuer
error-server-text = Réessayez dans une minute. Si cela dure, appelez votre support informatique et donnez-lui cette référence.
error-back = Retourner au service
error-reference = Référence :
error-technical = Pour l’équipe informatique
error-received = { $name } reçu

## Retour au service
form-post-title = Retour à votre service

## Se déconnecter
logout-title = Se déconnecter ?
logout-asked-by = { $client } demande votre déconnexion.
logout-who = Vous êtes connecté en tant que { $who }.
logout-everywhere = Aucun service ne pourra plus vous reconnecter sans vous. Un service déjà ouvert peut rester affiché quelques minutes : fermez-le.
logout-yes = Me déconnecter
logout-no = Pour rester connecté, fermez cette page.
logged-out-title = Vous êtes déconnecté
logged-out-telling = Nous prévenons les autres services ouverts dans ce navigateur, puis nous vous ramenons au vôtre.
logged-out-text = Sur un poste partagé, fermez aussi le navigateur.

## Ses propres sessions
account-title = Où vous êtes connecté
account-text = Chaque navigateur où vous vous êtes identifié, et les services qui y ont accès à votre identité. Terminez ce que vous ne reconnaissez pas.
account-nobody = Personne n’est connecté dans ce navigateur. Connectez-vous à l’un de vos services, puis revenez à cette page.
account-here = ce navigateur
account-browser-on = { $browser } sur { $os }
account-unknown-browser = Navigateur inconnu
account-no-browser = Un logiciel, sans navigateur
account-used = Dernière utilisation
account-started = Début
account-means = Moyen
account-by-phone = e-CPS
account-by-card = Carte CPS
account-level = Niveau de garantie
level-low = Faible (eidas1)
level-substantial = Substantiel (eidas2)
level-high = Élevé (eidas3)
account-network = Réseau
account-services = Services
account-granted = Accès donné { $when }
account-refreshed = Utilisé { $when }
account-withdraw = Retirer l’accès
account-withdraw-hint = Un service dont vous retirez l’accès est prévenu et ne peut plus rien lire. Il pourra le redemander quand vous le rouvrirez.
account-end = Terminer cette session
account-everything = Terminer toutes mes sessions
account-everything-text = Dans ce navigateur et partout ailleurs. Tous les services sont prévenus ; il faudra vous identifier de nouveau. Si votre téléphone est perdu, activez ensuite votre e-CPS sur un autre : l’ancien ne pourra plus rien.
account-everything-yes = Oui, tout terminer
account-link = Voir où vous êtes connecté
ago-now = à l’instant
ago-minutes = { $count ->
    [one] il y a { $count } minute
   *[other] il y a { $count } minutes
  }
ago-hours = { $count ->
    [one] il y a { $count } heure
   *[other] il y a { $count } heures
  }
ago-days = { $count ->
    [one] il y a { $count } jour
   *[other] il y a { $count } jours
  }

## Portail du bac à sable
portal-title = Donner une e-CPS à une identité de test
portal-text = Choisissez une personne inventée, puis scannez son code avec votre téléphone. Elle n’a qu’une e-CPS à la fois : la nouvelle remplace l’ancienne.
portal-enrol = Activer une e-CPS
portal-enrol-again = Changer de téléphone
portal-back = Toutes les identités de test
phone-none = Pas d’e-CPS
phone-enrolling = Activation en cours
phone-active = e-CPS active : { $label }
phone-locked = e-CPS verrouillée
phone-suspended = e-CPS suspendue
enrol-steps = Étapes
enrol-step-scan = Scanner
enrol-step-pin = Code secret
enrol-step-check = Vérifier
enrol-waiting-title = Scannez ce code avec l’application e-CPS
enrol-waiting-text = Ouvrez l’application sur votre téléphone, touchez « Scanner le code d’activation » et visez celui-ci.
enrol-alt = QR code d’activation, à scanner avec l’application e-CPS
enrol-open-here = Ouvrir l’application sur cet appareil
enrol-claimed-title = Choisissez votre code secret sur le téléphone
enrol-claimed-text = Il vous sera demandé à chaque connexion. Ne le donnez à personne.
enrol-claimed-state = En attente de votre téléphone…
enrol-pin-set-title = Est-ce le même nombre sur votre téléphone ?
enrol-pin-set-text = S’il est identique, c’est bien votre téléphone. Sinon, quelqu’un d’autre a scanné le code.
enrol-confirm = Oui, c’est le même
enrol-refuse = Non, ce n’est pas mon téléphone
enrol-active-title = Bravo, votre e‑CPS est active
enrol-active-text = Vous pouvez vous connecter aux services avec ce téléphone.
enrol-try = L’essayer
enrol-expired-title = Le code n’est plus valable
enrol-expired-text = Personne ne l’a scanné à temps.
enrol-refused-title = Activation refusée
enrol-refused-text = Le téléphone qui avait scanné le code n’a reçu aucun droit.
enrol-again = Recommencer

## Accueil du bac à sable
home-title = Bac à sable openpsc
home-text = Tout ce qu’il faut pour essayer une connexion de professionnel de santé, sur cette machine et sans réseau. Les personnes sont inventées.
home-phone = 1. Prenez un téléphone
home-phone-text = Choisissez une identité de test et activez son e-CPS, sur votre téléphone ou dans un autre onglet.
home-phone-open = Activer une e-CPS
home-login = 2. Connectez-vous
home-login-text = Deux services d’exemple. Connecté au premier, vous l’êtes au second sans rien faire.
home-own = 3. Branchez votre service
home-own-text = Donnez à votre client OpenID Connect l’adresse de ce fournisseur, et un client_id enregistré ici.
home-clients = Les clients enregistrés, et comment ajouter le vôtre
home-clients-text = Décrivez votre service dans un fichier et donnez-le au bac à sable ; les réglages sont dans docs/settings.md. Ou servez-vous d’un client d’exemple :
home-issuer = Émetteur
home-discovery = Découverte
home-app = Application e-CPS
home-docs = Documentation
