// What the admin screen says in German: TEXT by place, CODES by the device's codes.

export const TEXT = {
  signIn: "Anmelden", name: "Name", password: "Passwort", code: "Code der Authenticator-App oder ein Wiederherstellungscode", signOut: "Abmelden",
  signedIn: (name, role) => `${name} (${role})`,
  people: "Personen", queue: "Aufnehmen", visits: "Besuche", health: "Zustand", audit: "Protokoll",
  loading: "Einen Moment", none: "Nichts vorhanden", more: "Ältere", close: "Schließen", cancel: "Abbrechen", retry: (seconds) => `Noch ${seconds} s warten.`,
  search: "Suchen", all: "alle", id: "Kennung", state: "Stand", quality: "Güte", looks: "Aussehen", groups: "Gruppen", line: "Zeile", result: "Ergebnis",
  ordinary: "gewöhnlich", samples: (count) => `${count} Ansichten`, duplicate: "auch das Gesicht eines anderen", notLive: "ohne Lebenderkennung",
  counts: (c) => `${c.enrolled} aufgenommen, ${c.to_confirm} zu bestätigen, ${c.pending} offen, ${c.failed} fehlgeschlagen`,
  enrol: "Aufnehmen", addLook: "Aussehen hinzufügen", confirm: "Bestätigen", log: "Protokoll", erase: "Löschen", links: (count) => `QR-Links für ${count}`,
  eraseSure: (name) => `${name} endgültig löschen? Vorlagen und persönliche Angaben werden sofort und überall vernichtet.`,
  erased: (name) => `${name} ist gelöscht.`, confirmed: (name) => `Die Tür kennt ${name} jetzt.`,
  import: "Liste einlesen", choose: "CSV-Datei mit den Spalten user_id und name; groups, language, valid_from und valid_until sind freiwillig.",
  preview: (c) => `${c.new} neu, ${c.changed} geändert, ${c.same} unverändert, ${c.error} mit Fehlern`, take: (count) => `${count} übernehmen`,
  imported: (c) => `Übernommen: ${c.new} neu, ${c.changed} geändert. ${c.error} ausgelassen.`, inColumn: (column) => `in ${column}`,
  next: "Nächste Person", nobodyNext: "Niemand wartet.", waiting: (count) => `${count} warten`, skip: "Überspringen", stop: "Anhalten", start: "Beginnen",
  consent: "Die Person hat diesen Text gelesen und stimmt zu:", agreed: (version) => `Gezeigt und zugestimmt (Fassung ${version})`, look: "Name des Aussehens (Brille, Wintermütze); leer: das gewöhnliche",
  basis: "Grundlage", ready: "Bitten Sie die Person vor den Kiosk, dann beginnen Sie.", testing: "Probe-Erkennung", done: (seconds) => `Aufgenommen und erkannt, ${seconds} s`, untested: "Aufgenommen; vor der Probe-Erkennung gegangen",
  failedWhy: (why) => `Nicht aufgenommen: ${why}`, stopped: "Angehalten", views: (done, wanted) => `${done} von ${wanted} Ansichten`, progress: "Fortschritt",
  outcome: "Ausgang", from: "Von", until: "Bis", show: "Zeigen", time: "Zeit", person: "Person", confidence: "Sicherheit", took: "Dauer", reason: "Grund", means: "Durch", unknown: "unbekannt", seconds: (ms) => `${(ms / 1000).toFixed(1)} s`,
  purpose: (name) => `Wozu öffnen Sie das Protokoll von ${name}? Das wird festgehalten.`, openLog: "Öffnen", logOf: (name) => `Protokoll von ${name}`, decisions: "Entscheidungen", opened: "Besuche",
  door: "Tür", doorState: (d) => `${d.state === "locked" ? "verriegelt" : "entriegelt"} (${d.driver})`, opens: (ways) => `öffnet durch ${ways}`, parts: "Teile", camera: (source, live) => `${source}, ${live ? "live" : "nicht live"}`, uptime: "Läuft seit", hours: (h) => `${h} h`, minutes: (m) => `${m} min`, peopleCount: "Personen", disk: "Frei", megabytes: (mb) => `${mb} MB`,
  fine: "in Ordnung", latency: "Erstes Gesicht bis Entscheidung, s", camera_fps: "Aufnahmen je Sekunde", temperature_c: "Temperatur, °C", lastHour: "letzte Stunde", lastVisits: (count) => `letzte ${count} Besuche`,
  who: "Wer", act: "Was", about: "Über", detail: "Näheres", print: "Drucken", sheet: "Links zur Aufnahme, jeder gilt einmal", goodUntil: (time) => `gilt bis ${time}`, sheetHint: "Sie werden nur jetzt gezeigt. Drucken Sie das Blatt jetzt, oder machen Sie später neue.",
};

export const CODES = {
  enrolled: "aufgenommen", to_confirm: "zu bestätigen", pending: "offen", failed: "fehlgeschlagen", new: "neu", changed: "geändert", same: "unverändert", error: "Fehler",
  granted: "eingelassen", refused: "abgewiesen", abandoned: "abgebrochen", operator: "Betreuung", viewer: "Einsicht", auditor: "Prüfung", consent: "Einwilligung", agreement: "Vereinbarung", law: "Gesetz",
  kiosk: "Kiosk", photos: "Fotos", client: "Programm", link: "Link", transition: "Übergang", camera: "Gesicht", pin: "PIN", card: "Karte",
  sign_in_failed: "Name, Passwort oder Code ist falsch.", locked_out: "Zu viele Fehlversuche.", clock_not_trusted: "Das Gerät kennt die Zeit nicht und nimmt nur Wiederherstellungscodes.", rate_limited: "Zu viele Versuche.",
  not_signed_in: "Bitte melden Sie sich wieder an.", forbidden: "Ihre Rolle erlaubt das nicht.", offline: "Das Gerät antwortet nicht.", internal_error: "Das Gerät hat versagt; sein Protokoll sagt mehr.", queue_busy: "Gerade wird jemand aufgenommen.",
  roster_too_large: "Die Datei ist zu groß.", roster_not_text: "Die Datei ist kein Text.", roster_no_head: "Die erste Zeile muss die Spalten user_id und name nennen.", roster_column_unknown: "Eine Spalte ist unbekannt:", roster_column_twice: "Eine Spalte kommt zweimal vor:", roster_no_rows: "In der Datei steht niemand.", roster_too_many_rows: "Die Datei hat zu viele Zeilen.", roster_changed: "Die Datei hat sich seit der Vorschau geändert.",
  id_missing: "keine Kennung", id_not_allowed: "als Kennung nicht erlaubt", id_twice: "Kennung kommt weiter oben schon vor", name_missing: "kein Name", name_not_allowed: "als Name nicht erlaubt", language_unknown: "keine Sprache mit zwei Buchstaben", date_not_understood: "kein Datum wie 31.01.2027", dates_reversed: "endet, bevor es beginnt", too_many_cells: "mehr Zellen als Spalten",
  duplicate_person: "dieses Gesicht ist schon unter anderer Kennung aufgenommen", liveness_failed: "kein Lebenszeichen in der Zeit", session_expired: "es dauerte zu lange", too_many_attempts: "die Bilder waren nicht gut genug", test_failed: "die Probe-Erkennung schlug fehl; die Aufnahme wurde zurückgenommen", camera_reserved: "jemand anders benutzt die Kamera", vision_unavailable: "die Kamera arbeitet nicht", store_failed: "es konnte nicht gespeichert werden", camera_ended: "die Aufzeichnung war zu Ende", lan_off: "kein Zugang vom Netz",
  look_straight: "Geradeaus schauen", blink: "Bitte blinzeln", close_eyes: "Augen kurz schließen", turn_left: "Kopf nach links drehen", turn_right: "Kopf nach rechts drehen", move_closer: "Näher kommen", move_back: "Etwas zurück", hold_still: "Stillhalten", step_closer: "Vor die Kamera treten", uncover_mouth: "Mund frei machen", remove_sunglasses: "Sonnenbrille abnehmen", lift_hat: "Mütze anheben", more_light: "Mehr Licht suchen",
};
