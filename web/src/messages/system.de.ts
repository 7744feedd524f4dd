// SPDX-License-Identifier: GPL-3.0-or-later
// Sätze, die das System auf Englisch schickt (stationd, station-session, PAM), auf Deutsch. {felder}
// stehen für Namen und Zahlen. Was hier fehlt, wird so gezeigt, wie es kam.

export const systemDe: Record<string, string> = {
  // Programs (station-session)
  "There is no such program on this system.": "Dieses Programm gibt es auf diesem System nicht.",

  // Zeitgrenzen (stationd)
  "Your session was suspended because nobody was using it. Log in to go on.":
    "Ihre Sitzung wurde angehalten, weil niemand sie benutzt hat. Melden Sie sich an, um weiterzuarbeiten.",
  "Your session was logged off because nobody was using it.":
    "Ihre Sitzung wurde abgemeldet, weil niemand sie benutzt hat.",
  "logged off: nobody was using it": "abgemeldet: niemand hat sie benutzt",
  "logged off: suspended for too long": "abgemeldet: zu lange angehalten",
  // Stationen (stationd)
  "Your rights are bound to rooms: you can name stations of these, and move none.":
    "Ihre Rechte gelten für bestimmte Räume: Sie können deren Stationen benennen, aber keine in einen anderen Raum stellen.",

  // Anmelden an Stationen, Aufnahme von Stationen (stationd)
  "Auto log-on of {user} did not work.": "Die automatische Anmeldung von {user} hat nicht geklappt.",
  "{name} is logged on at {station} already, and one account has at most {count} sessions (per-user-max in section [session] of the configuration).":
    "{name} ist schon an {station} angemeldet, und ein Konto hat höchstens {count} Sitzungen (per-user-max im Abschnitt [session] der Konfiguration).",
  "PAM asks for more than the password, for example because it has expired. This person has to log on at the station.":
    "PAM fragt nach mehr als dem Passwort, zum Beispiel weil es abgelaufen ist. Diese Person muss sich an der Station anmelden.",
  "{name} is an {role}. Such accounts are logged on only if that was explicitly wanted (privileged).":
    "{name} hat besondere Rechte ({role}). Solche Konten werden nur angemeldet, wenn das ausdrücklich gewollt ist.",
  "{name} is an {role}: whoever sits down there could do what that account can. Choose another account, or say that it is meant (privileged).":
    "{name} hat besondere Rechte ({role}): Wer sich dort hinsetzt, könnte alles, was dieses Konto kann. Wählen Sie ein anderes Konto oder sagen Sie, dass es so gemeint ist.",
  "This person has to accept the notice of this system first, which nobody can do for others: log on at the station itself.":
    "Diese Person muss erst dem Hinweis dieses Systems zustimmen, und das kann niemand für andere tun: Die Anmeldung geht nur an der Station selbst.",
  "There is no local station with this secret, and no enrolled one with this ticket.": "Mit diesem Geheimnis gibt es keine lokale Station, und mit dieser Eintrittskarte ist keine aufgenommen.",
  "This station is just getting its keyboard and pointer.": "Diese Station bekommt gerade ihre Tastatur und ihren Zeiger.",
  "This ticket was used already, has expired, or never was one. Ask for a new one, or enrol this station with a PIN.":
    "Diese Eintrittskarte wurde schon benutzt, ist abgelaufen oder war nie eine. Lassen Sie sich eine neue geben oder nehmen Sie diese Station mit einer PIN auf.",
  "Too many stations ask for enrolment just now. Try again in a few minutes.":
    "Gerade wollen zu viele Stationen aufgenommen werden. Versuchen Sie es in einigen Minuten wieder.",
  "This station does not ask for enrolment. Choose \"Enrol this station\" at its greeter.":
    "Diese Station will nicht aufgenommen werden. Wählen Sie an ihrer Anmeldung „Diese Station aufnehmen“.",
  "This is not the PIN that the station shows.": "Das ist nicht die PIN, die die Station zeigt.",
  "This was not the PIN either. The station has to ask again; it shows another one then.":
    "Das war auch nicht die PIN. Die Station muss noch einmal fragen; sie zeigt dann eine andere.",
  "Your rights are bound to rooms: you can enrol no stations.":
    "Ihre Rechte gelten für bestimmte Räume: Sie können keine Stationen aufnehmen.",
  "Auto log-on is for enrolled stations: enrol it first, so that nobody else can be taken for it.":
    "Automatische Anmeldung gibt es nur an aufgenommenen Stationen: Nehmen Sie sie zuerst auf, damit niemand sonst für sie gehalten werden kann.",
  "{name} is logged on there.": "Dort ist {name} angemeldet.",
  "This person is logged on there already.": "Diese Person ist dort schon angemeldet.",
  "This station is not connected.": "Diese Station ist nicht verbunden.",
  "Somebody is just logging on there.": "Dort meldet sich gerade jemand an.",
  "Only administrators can log somebody on without the password.":
    "Ohne Passwort können nur Administratoren jemanden anmelden.",
  "Your rights do not name this act (logon). Administrators can change them.":
    "Ihre Rechte nennen diese Handlung nicht (logon). Administratoren können das ändern.",
  "There are too many tickets that were not used yet.": "Es gibt zu viele Eintrittskarten, die noch nicht benutzt wurden.",

  // Log-in (station-session, stationd)
  "The user name or password is not right.": "Benutzername oder Passwort stimmt nicht.",
  "The user name or the password is not right.": "Benutzername oder Passwort stimmt nicht.",
  "There were too many failed attempts. Wait a few minutes and try again, or ask an administrator.":
    "Es gab zu viele Fehlversuche. Warten Sie einige Minuten oder fragen Sie die Administration.",
  "There were too many wrong attempts. Wait a moment, then try again.":
    "Es gab zu viele Fehlversuche. Warten Sie einen Moment und versuchen Sie es wieder.",
  "There are too many log-ins at once. Try again in a moment.":
    "Es melden sich zu viele gleichzeitig an. Versuchen Sie es gleich noch einmal.",
  "The user accounts cannot be reached at the moment. Try again in a minute; if it goes on, tell an administrator.":
    "Die Benutzerkonten sind im Moment nicht erreichbar. Versuchen Sie es in einer Minute wieder; hält es an, sagen Sie der Administration Bescheid.",
  "The log-in service of this computer does not work. Tell an administrator; the system log says what is wrong.":
    "Der Anmeldedienst dieses Computers funktioniert nicht. Sagen Sie der Administration Bescheid; das Systemprotokoll nennt die Ursache.",
  "The log-in was not completed. Start again.": "Die Anmeldung wurde nicht abgeschlossen. Beginnen Sie von vorn.",
  "This account has expired. Ask an administrator to renew it.":
    "Dieses Konto ist abgelaufen. Bitten Sie die Administration, es zu verlängern.",
  "The password of this account expired too long ago to be changed here. Ask an administrator to set a new one.":
    "Das Passwort dieses Kontos ist zu lange abgelaufen, um hier geändert zu werden. Bitten Sie die Administration um ein neues.",
  "The password of this account has expired. Log in at a station to change it.":
    "Das Passwort dieses Kontos ist abgelaufen. Melden Sie sich an einer Station an, um es zu ändern.",
  "This account may not log in here or not at this time. Ask an administrator.":
    "Dieses Konto darf sich hier oder zu dieser Zeit nicht anmelden. Fragen Sie die Administration.",
  "This account may not log in at the moment. Try again later or ask an administrator.":
    "Dieses Konto darf sich im Moment nicht anmelden. Versuchen Sie es später oder fragen Sie die Administration.",
  "The password has expired and was not changed: the present password was not typed right. Log in again.":
    "Das Passwort ist abgelaufen und wurde nicht geändert: Das bisherige Passwort war falsch eingegeben. Melden Sie sich noch einmal an.",
  "The password has expired and was not changed: the new one was not accepted. Log in again and choose another, longer one.":
    "Das Passwort ist abgelaufen und wurde nicht geändert: Das neue wurde nicht angenommen. Melden Sie sich noch einmal an und wählen Sie ein anderes, längeres.",
  "The password has expired and cannot be changed right now. Log in again in a minute.":
    "Das Passwort ist abgelaufen und kann gerade nicht geändert werden. Melden Sie sich in einer Minute noch einmal an.",
  "The password has expired and cannot be changed here. Ask an administrator.":
    "Das Passwort ist abgelaufen und kann hier nicht geändert werden. Fragen Sie die Administration.",
  "This account may not use the dashboard. Operators and administrators may: ask for membership in their group.":
    "Dieses Konto darf das Dashboard nicht benutzen. Aufsicht und Administration dürfen es: Bitten Sie darum, in deren Gruppe aufgenommen zu werden.",
  "This account has reached a limit of this computer (too many log-ins). End another session first, or ask an administrator.":
    "Dieses Konto hat eine Grenze dieses Computers erreicht (zu viele Anmeldungen). Beenden Sie erst eine andere Sitzung oder fragen Sie die Administration.",
  "The session could not be opened. Tell an administrator; the system log says what is wrong.":
    "Die Sitzung konnte nicht geöffnet werden. Sagen Sie der Administration Bescheid; das Systemprotokoll nennt die Ursache.",
  "This system is full: it has as many sessions as it can have, and none of them is yours. Nothing is wrong with your account. Wait until somebody logs off and try again, use another computer, or tell whoever supervises this room.":
    "Dieses System ist voll: Es hat so viele Sitzungen, wie es haben kann, und keine davon ist Ihre. Mit Ihrem Konto ist alles in Ordnung. Warten Sie, bis sich jemand abmeldet, und versuchen Sie es wieder, nehmen Sie einen anderen Computer oder sagen Sie der Aufsicht Bescheid.",
  "There are {count} sessions already, as many as this system may have. Log somebody off, suspended ones count too, or raise max in section [session] of the configuration.":
    "Es gibt schon {count} Sitzungen, so viele, wie dieses System haben darf. Melden Sie jemanden ab, angehaltene zählen mit, oder erhöhen Sie max im Abschnitt [session] der Konfiguration.",
  "Your last session is still being ended. Try again in a minute; if this lasts, ask an administrator to look for programs that hang.":
    "Ihre letzte Sitzung wird noch beendet. Versuchen Sie es in einer Minute wieder; hält es an, bitten Sie die Administration, nach hängenden Programmen zu sehen.",
  "Somebody else has logged in at this station meanwhile.": "An dieser Station hat sich inzwischen jemand anders angemeldet.",
  "This station is no longer connected. Load the page again, or connect the viewer again.":
    "Diese Station ist nicht mehr verbunden. Laden Sie die Seite neu oder verbinden Sie den Betrachter neu.",
  "This browser is not known as a station yet. Open /station again.":
    "Dieser Browser ist noch nicht als Station bekannt. Öffnen Sie /station noch einmal.",
  "The session did not start.": "Die Sitzung ist nicht gestartet.",
  "The session did not come up in time.": "Die Sitzung ist nicht rechtzeitig gestartet.",
  "The session was logged off while it was starting.": "Die Sitzung wurde abgemeldet, während sie startete.",
  'The desktop "{desktop}" is not installed (no {file}, or its program is missing).':
    "Der Desktop „{desktop}“ ist nicht installiert ({file} gibt es nicht, oder das Programm dazu fehlt).",
  "No desktop is installed (there is none in {folder}). Install one, for example the package xfce4.":
    "Es ist kein Desktop installiert (in {folder} gibt es keinen). Installieren Sie einen, zum Beispiel das Paket xfce4.",
  "There are {count} sessions already, as many as this system may have (max in section [session] of the configuration).":
    "Es gibt schon {count} Sitzungen, so viele, wie dieses System haben darf (max im Abschnitt [session] der Konfiguration).",

  "There are too many stations already.": "Es gibt schon zu viele Stationen.",
  "It does not answer, or is no storage that is read here.": "Er antwortet nicht oder ist kein Speicher, der hier gelesen wird.",
  "There is no medium in it.": "Es ist kein Medium darin.",
  "The computer itself uses it, so it is left as it is.": "Der Rechner selbst benutzt ihn, darum bleibt er, wie er ist.",
  "It could not be taken away.": "Er konnte nicht entfernt werden.",
  "This is no local station: it has no USB here.": "Das ist keine lokale Station: Sie hat hier kein USB.",
  "What guards storage on USB (station-usb) cannot be reached. Is the package stationmaster-seat installed? \"systemctl status station-usb.socket station-usb\" says more.":
    "Was USB-Speicher bewacht (station-usb), ist nicht zu erreichen. Ist das Paket stationmaster-seat installiert? „systemctl status station-usb.socket station-usb“ sagt mehr.",
  "Storage is not away yet: it may still be written out. \"systemctl status station-usb\" says more.": "Der Speicher ist noch nicht entfernt: Vielleicht wird noch auf ihn geschrieben. „systemctl status station-usb“ sagt mehr.",
  "There is no such station.": "Diese Station gibt es nicht.",
  "There is no such session.": "Diese Sitzung gibt es nicht.",
  "You may not see this session.": "Sie dürfen diese Sitzung nicht sehen.",
  "No station, view or projection shows this session.": "Keine Station, Ansicht oder Vorführung zeigt diese Sitzung.",
  "The session's helper cannot be reached.": "Der Hilfsdienst der Sitzung ist nicht erreichbar.",
  "The system has no memory or random numbers left.": "Dem System fehlen Arbeitsspeicher oder Zufallszahlen.",
  "This station is no longer connected. Load the page again, or connect the viewer again; your session runs and will be shown.":
    "Diese Station ist nicht mehr verbunden. Laden Sie die Seite neu oder verbinden Sie den Betrachter neu; Ihre Sitzung läuft und wird dann gezeigt.",
  "The station shows another session meanwhile.": "Die Station zeigt inzwischen eine andere Sitzung.",
  "{name} has a session already: {session}. One account has at most {count} (per-user-max in section [session] of the configuration).":
    "{name} hat schon eine Sitzung: {session}. Ein Konto hat höchstens {count} (per-user-max im Abschnitt [session] der Konfiguration).",
  "The log-in took too long: the service that knows the accounts does not answer. Try again; if this lasts, tell an administrator.":
    "Die Anmeldung hat zu lange gedauert: Der Dienst, der die Konten kennt, antwortet nicht. Versuchen Sie es noch einmal; hält es an, sagen Sie der Administration Bescheid.",
  "The log-in helper (station-session) ended unexpectedly; the system's journal says why.":
    "Der Anmeldedienst (station-session) endete unerwartet; das Systemprotokoll nennt die Ursache.",
  "There is no account of this name.": "Es gibt kein Konto mit diesem Namen.",
  "The account may not log in.": "Das Konto darf sich nicht anmelden.",
  "The log-in helper reported an error.": "Der Anmeldedienst hat einen Fehler gemeldet.",
  "The log-in helper gave an answer that makes no sense; are all parts of Stationmaster of one version?":
    "Die Antwort des Anmeldedienstes ergibt keinen Sinn; haben alle Teile von Stationmaster dieselbe Version?",
  "PAM asks questions in the service stationmaster-start; it must check accounts only.":
    "PAM stellt im Dienst stationmaster-start Fragen; er darf nur Konten prüfen.",
  "The log-in helper neither asks nor is done.": "Der Anmeldedienst fragt weder, noch ist er fertig.",
  "The log-in helper (station-session) cannot be started: {reason}.": "Der Anmeldedienst (station-session) lässt sich nicht starten: {reason}.",

  // Why a session ended or left its station
  "{name} has ended your session.": "{name} hat Ihre Sitzung beendet.",
  "Your session is shown at another station now.": "Ihre Sitzung wird jetzt an einer anderen Station gezeigt.",
  "Your session ended because of a fault of the system.": "Ihre Sitzung endete wegen eines Fehlers im System.",
  "Your session was ended by the administrator of the system.": "Ihre Sitzung wurde von der Administration des Systems beendet.",

  // Why an act was refused or failed
  "This is your own session; it is left out when several are chosen. Choose it alone.":
    "Das ist Ihre eigene Sitzung; sie bleibt außen vor, wenn mehrere gewählt sind. Wählen Sie sie allein.",
  "This is the session of {name}; only operators and administrators may do this.":
    "Das ist die Sitzung von {name}; das dürfen nur Aufsicht und Administration.",
  "{name} is an operator; only administrators may do this.": "{name} gehört zur Aufsicht; das darf nur die Administration.",
  "{name} is an administrator; only administrators may do this.":
    "{name} gehört zur Administration; das darf nur die Administration.",
  "This is your own session or station; it is always left out.": "Das ist Ihre eigene Sitzung oder Station; sie bleibt immer außen vor.",
  "This is the desktop that is shown.": "Das ist der Desktop, der vorgeführt wird.",
  "There is nobody to show it to.": "Es ist niemand da, dem es vorgeführt werden könnte.",
  "Everybody is blocked; nobody can be let out alone. Take back the block of everybody first.":
    "Alle sind gesperrt; einzeln kann niemand entsperrt werden. Entsperren Sie erst alle.",
  "The web is limited for everybody; nobody can be let out alone. Free the web of everybody first.":
    "Das Web ist für alle begrenzt; einzeln kann niemand ausgenommen werden. Geben Sie erst das Web für alle frei.",
  '"{site}" has no ending. Write the whole name of the site, like contoso.com; for everything below an ending write it like *.edu.':
    "„{site}“ hat keine Endung. Schreiben Sie den ganzen Namen der Seite, etwa contoso.com; für alles unter einer Endung etwa *.edu.",
  '"{site}" is an address. Sites are limited by their names; write one like contoso.com.':
    "„{site}“ ist eine Adresse. Begrenzt wird nach Namen; schreiben Sie einen wie contoso.com.",
  '"{site}" is an address, not the name of a site.': "„{site}“ ist eine Adresse, nicht der Name einer Seite.",
  '"{site}" is not the name of a site. Write one like contoso.com.': "„{site}“ ist nicht der Name einer Seite. Schreiben Sie einen wie contoso.com.",
  '"{site}" is too long to be the name of a site.': "„{site}“ ist zu lang für den Namen einer Seite.",
  "{count} sites are too many; a list has at most {max}.": "{count} Seiten sind zu viele; eine Liste hat höchstens {max}.",
  "Only {name} can lock this session. Suspend it, or block it.":
    "Nur {name} kann diese Sitzung verriegeln. Halten Sie sie an oder sperren Sie sie.",
  "{name} is an {role}; such sessions can only be logged off. The setting orchestrate-privileged allows more.":
    "{name} hat besondere Rechte ({role}); solche Sitzungen lassen sich nur abmelden. Die Einstellung orchestrate-privileged erlaubt mehr.",
  "{name} is not in a room that your rights name. Administrators can change them.":
    "{name} ist in keinem Raum, für den Ihre Rechte gelten. Die Administration kann sie ändern.",
  "Your rights do not name this act ({act}). Administrators can change them.":
    "Ihre Rechte enthalten das nicht ({act}). Die Administration kann sie ändern.",
  "Done, but it could not be written to the disk: a restart undoes it. Free disk space, then order it again.":
    "Getan, aber es ließ sich nicht auf die Platte schreiben: Ein Neustart macht es rückgängig. Schaffen Sie Platz und ordnen Sie es noch einmal an.",
  "This could not be written to the disk. Free disk space, then try again.":
    "Das ließ sich nicht auf die Platte schreiben. Schaffen Sie Platz und versuchen Sie es noch einmal.",
  "The service that knows the accounts does not answer. Try again.":
    "Der Dienst, der die Konten kennt, antwortet nicht. Versuchen Sie es noch einmal.",
  "This cannot be the name of an account.":
    "So kann kein Konto heißen.",
  "This person has no rights of its own; those of every operator hold.":
    "Für diese Person gibt es keine eigenen Rechte; es gelten die der Aufsicht.",
  "A token cannot have a higher role than you.":
    "Ein Token kann keine höhere Rolle haben als Sie.",
  "A token cannot have acts that your rights do not name.":
    "Ein Token kann nichts dürfen, was Ihre Rechte nicht enthalten.",
  "A token cannot have rooms that your rights do not name.":
    "Ein Token kann nicht für Räume gelten, für die Ihre Rechte nicht gelten.",
  "There are too many tokens already. Revoke some.":
    "Es gibt schon zu viele Token. Widerrufen Sie einige.",
  "The token could not be written to the disk. Free disk space, then try again.":
    "Der Token ließ sich nicht auf die Platte schreiben. Schaffen Sie Platz und versuchen Sie es noch einmal.",
  "There is no such token; it may have ended.":
    "Diesen Token gibt es nicht; vielleicht ist er abgelaufen.",
  "There is no such session, user or station.":
    "Diese Sitzung, diesen Benutzer oder diese Station gibt es nicht.",
  "Too many names in one call.":
    "Zu viele Namen auf einmal.",
  "The helper of the session cannot be reached.":
    "Der Helfer der Sitzung ist nicht erreichbar.",
  "The helper of the session (station-session) ended unexpectedly; the system's journal says why.":
    "Der Helfer der Sitzung (station-session) ist unerwartet beendet; das Journal des Systems sagt, warum.",
  "The list has no site. Write at least one, like contoso.com.": "Die Liste hat keine Seite. Schreiben Sie mindestens eine, etwa contoso.com.",
  "There are too many limits already.": "Es gibt schon zu viele Begrenzungen.",
  "There are too many different lists of sites at the same time.": "Es gelten zu viele verschiedene Listen von Seiten zur selben Zeit.",
  "There are too many different lists of sites at the same time. Use one that is in force already, or free somebody first.":
    "Es gelten zu viele verschiedene Listen von Seiten zur selben Zeit. Nehmen Sie eine, die schon gilt, oder geben Sie erst jemandem das Web frei.",
  "There are too many different lists of sites at the same time. Use one that is in force already, or end another lesson first.":
    "Es gelten zu viele verschiedene Listen von Seiten zur selben Zeit. Nehmen Sie eine, die schon gilt, oder beenden Sie erst eine andere Stunde.",
  "The order to limit the web makes no sense.": "Die Anweisung, das Web zu begrenzen, ergibt keinen Sinn.",
  "Limits of the web need systemd, and this system does not run it.": "Das Web zu begrenzen braucht systemd, und dieses System läuft ohne.",
  "The filter of the web (HAProxy) is not installed: apt install haproxy.": "Der Filter für das Web (HAProxy) ist nicht installiert: apt install haproxy.",
  "The filter of the web needs dnsmasq, which is not installed: apt install dnsmasq-base.":
    "Der Filter für das Web braucht dnsmasq, das nicht installiert ist: apt install dnsmasq-base.",
  "The kernel of this system has no packet filter that Stationmaster could use (nftables).":
    "Der Kernel dieses Systems hat keinen Paketfilter, den Stationmaster benutzen könnte (nftables).",
  "The packet filter of this system (nftables) refused the rules: {reason}": "Der Paketfilter dieses Systems (nftables) hat die Regeln abgelehnt: {reason}",
  "The filter of the web did not start, so nothing of the web can be reached: {reason}. The journal of the units station-filter@* says more.":
    "Der Filter für das Web ist nicht gestartet, also ist nichts vom Web erreichbar: {reason}. Das Journal der Units station-filter@* sagt mehr.",
  "The web of {name} is limited, and the limit cannot be enforced now, so the session was not started. {reason}":
    "Das Web von {name} ist begrenzt, und das lässt sich gerade nicht durchsetzen; deshalb wurde die Sitzung nicht gestartet. {reason}",
  "This is your own session; your own web is never limited.": "Das ist Ihre eigene Sitzung; Ihr eigenes Web wird nie begrenzt.",
  "The lesson is over.": "Die Stunde ist zu Ende.",
  "You may not block, so no lesson of yours can.": "Sie dürfen nicht sperren, also kann es auch keine Ihrer Stunden.",
  "You may not limit the web, so no lesson of yours can.": "Sie dürfen das Web nicht begrenzen, also kann es auch keine Ihrer Stunden.",
  "You may not start programs, so no lesson of yours can.": "Sie dürfen keine Programme starten, also kann es auch keine Ihrer Stunden.",
  "You may not write to people, so no lesson of yours can.": "Sie dürfen niemandem schreiben, also kann es auch keine Ihrer Stunden.",
  "The part that limits the web (station-limits) cannot be reached; systemctl status station-limits says more.":
    "Der Teil, der das Web begrenzt (station-limits), ist nicht erreichbar; systemctl status station-limits sagt mehr.",
  'The lesson "{lesson}" blocks, too, and goes on. Switch its block off, or end the lesson.':
    "Die Stunde „{lesson}“ sperrt auch und läuft weiter. Schalten Sie ihre Sperre aus oder beenden Sie die Stunde.",
  "There is no such lesson; it may be over.": "Diese Stunde gibt es nicht; vielleicht ist sie zu Ende.",
  "An administrator has started this lesson; only administrators may change or end it.":
    "Die Administration hat diese Stunde begonnen; nur sie darf sie ändern oder beenden.",
  "A lesson cannot end later than in 12 hours.": "Eine Stunde kann nicht später als in 12 Stunden enden.",
  "There are too many lessons already.": "Es laufen schon zu viele Stunden.",
  "The lesson holds, but {program} did not start: {reason}": "Die Stunde gilt, aber {program} ist nicht gestartet: {reason}",
  "There are too many blocks already.": "Es gibt schon zu viele Sperren.",
  "There are too many projections already.": "Es gibt schon zu viele Vorführungen.",
  "There are too many views already; close some.": "Es sind schon zu viele Ansichten offen; schließen Sie einige.",
  "The session is just starting.": "Die Sitzung startet gerade.",
  "The session is just ending.": "Die Sitzung endet gerade.",
  "The session has ended.": "Die Sitzung ist beendet.",
  "You have signed out.": "Sie haben sich abgemeldet.",
  "{name} has ended your view.": "{name} hat Ihre Ansicht beendet.",
  "The view was closed.": "Die Ansicht wurde geschlossen.",
  "There is no such projection; it may have ended.": "Diese Vorführung gibt es nicht mehr.",
  "Only an administrator can stop what an administrator shows.":
    "Was die Administration vorführt, kann nur die Administration beenden.",
  "{name} has locked this session; only that person and administrators can unlock it.":
    "{name} hat den Bildschirm gesperrt; nur diese Person und die Administration können das aufheben.",
  "Only who has locked this session can unlock it. Switch the user to log in as somebody else.":
    "Nur wer den Bildschirm gesperrt hat, kann ihn entsperren. Wechseln Sie den Benutzer, um sich als jemand anders anzumelden.",
  "No notice of this job is running for these sessions.": "Für diese Sitzungen läuft keine Ankündigung mehr.",
  "The system is out of memory.": "Dem System fehlt Arbeitsspeicher.",
  "Its processes could not be killed; they hang in the kernel. The session ends when they do, at the latest when the system restarts.":
    "Ihre Prozesse ließen sich nicht beenden; sie hängen im Kernel. Die Sitzung endet mit ihnen, spätestens beim Neustart des Systems.",
  "This station is blocked.": "Diese Station ist gesperrt.",
  "A projection is shown here; wait until it ends.": "Hier läuft eine Vorführung; warten Sie, bis sie endet.",
  "This session is locked; unlock it first.": "Der Sperrbildschirm ist an; entsperren Sie zuerst.",
  "This station shows no session.": "An dieser Station ist niemand angemeldet.",
  "This station shows no session just now.": "An dieser Station ist gerade kein Desktop zu sehen.",
  "Nobody has announced the end of this session.": "Niemand hat das Ende dieser Sitzung angekündigt.",
  "Raising hands is switched off.": "Handheben ist ausgeschaltet.",
  "Writing messages is switched off.": "Nachrichten schreiben ist ausgeschaltet.",
  "Your hand could not be raised: the system can store nothing just now. Tell a supervisor.":
    "Ihre Hand konnte nicht gehoben werden: Das System kann gerade nichts speichern. Sagen Sie der Aufsicht Bescheid.",
  "The message could not be stored.": "Die Nachricht konnte nicht gespeichert werden.",
  "A message has at most 1000 characters. Shorten it, or write two.":
    "Eine Nachricht hat höchstens 1000 Zeichen. Kürzen Sie sie, oder schreiben Sie zwei.",
  "Too many messages in a short time. Wait a few seconds, then try again.":
    "Zu viele Nachrichten in kurzer Zeit. Warten Sie einige Sekunden und versuchen Sie es wieder.",
  "Too often in a short time. Wait a few seconds, then try again.":
    "Zu oft in kurzer Zeit. Warten Sie einige Sekunden und versuchen Sie es wieder.",
  "Too many orders in a short time. Wait a few seconds, then try again.":
    "Zu viele Aufträge in kurzer Zeit. Warten Sie einige Sekunden und versuchen Sie es wieder.",
  "It could not be stored, so nothing has changed. Free disk space, then try again.":
    "Es konnte nicht gespeichert werden; nichts hat sich geändert. Schaffen Sie Platz auf der Platte und versuchen Sie es wieder.",
  "It was asked to close and is still there; perhaps it asks what to save.":
    "Es wurde gebeten, sich zu schließen, und ist noch da; vielleicht fragt es, was gespeichert werden soll.",
  "the system was restarted": "das System wurde neu gestartet",

  // PAM
  "Password:": "Passwort",
  "Current password:": "Bisheriges Passwort",
  "(current) UNIX password:": "Bisheriges Passwort",
  "New password:": "Neues Passwort",
  "Retype new password:": "Neues Passwort wiederholen",
  "Verification code:": "Bestätigungscode",
  "You are required to change your password immediately (administrator enforced).":
    "Sie müssen Ihr Passwort jetzt ändern (von der Administration verlangt).",
  "You are required to change your password immediately (password expired).":
    "Sie müssen Ihr Passwort jetzt ändern (es ist abgelaufen).",
  "Changing password for {name}.": "Das Passwort von {name} wird geändert.",
  "Sorry, passwords do not match.": "Die Passwörter stimmen nicht überein.",
  "The password has not been changed.": "Das Passwort wurde nicht geändert.",
  "No password has been supplied.": "Es wurde kein Passwort angegeben.",
  "You must choose a longer password.": "Wählen Sie ein längeres Passwort.",
  "The account is locked due to {count} failed logins.": "Das Konto ist nach {count} Fehlversuchen gesperrt.",
  "Your account has expired; please contact your system administrator.":
    "Ihr Konto ist abgelaufen; wenden Sie sich an die Administration.",
  "Warning: your password will expire in {count} days.": "Achtung: Ihr Passwort läuft in {count} Tagen ab.",
};
