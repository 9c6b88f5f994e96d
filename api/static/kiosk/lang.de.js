// Deutsch. See lang.en.js.

export const NAME = "Deutsch";

export const INSTRUCTIONS = {
  look_straight: "Bitte geradeaus schauen",
  blink: "Bitte blinzeln",
  close_eyes: "Augen kurz schließen",
  turn_left: "Kopf nach links drehen",
  turn_right: "Kopf nach rechts drehen",
  move_closer: "Näher kommen",
  move_back: "Etwas zurückgehen",
  hold_still: "Bitte stillhalten",
  step_closer: "Bitte näher treten",
  uncover_mouth: "Mund bitte freimachen",
  remove_sunglasses: "Sonnenbrille bitte abnehmen",
  lift_hat: "Mütze bitte anheben",
  more_light: "Bitte mehr Licht",
};

export const CONDITIONS = {
  multiple_faces: "Bitte einzeln vortreten.",
  face_too_small: "Sie sind noch zu weit weg.",
  face_not_centered: "Schauen Sie in die Kamera, in der Mitte des Bildes.",
  face_covered: "Ihr Gesicht ist teilweise verdeckt.",
  too_dark: "Es ist zu dunkel, um Sie gut zu sehen.",
  too_bright: "Es ist zu hell, um Sie gut zu sehen.",
  poor_image_quality: "Das Bild ist unscharf; halten Sie kurz still.",
};

export const REFUSALS = {
  no_match: "Keine Übereinstimmung. Versuchen Sie es noch einmal, oder bitten Sie um Hilfe.",
  liveness_failed: "Die Lebendprüfung wurde nicht abgeschlossen. Versuchen Sie es noch einmal.",
  too_many_attempts: "Bitten Sie um Hilfe.",
  pin_wrong: "Nummer und PIN wurden nicht angenommen.",
  card_unknown: "Diese Karte ist hier nicht bekannt.",
  locked_out: "Zu viele Versuche.",
  make_up_missing: "PIN oder Karte kamen nicht rechtzeitig. Versuchen Sie es noch einmal.",
  make_up_failed: "PIN oder Karte wurden nicht angenommen.",
  enrollment_not_confirmed: "Ihre Aufnahme ist noch nicht bestätigt. Geben Sie Ihre PIN ein, und schauen Sie dann in die Kamera.",
};

export const CLOSED = {
  vision_unavailable: "Die Kamera arbeitet nicht. Sie wird neu gestartet.",
  vision_failing: "Die Kamera fällt immer wieder aus. Bitte sagen Sie der Betreuung Bescheid.",
  store_failed: "Zutritte können nicht aufgezeichnet werden; die Tür bleibt zu.",
  offline: "Das Terminal läuft nicht.",
};

export const PHASES = {
  starting: ["Startet", "Einen Moment."],
  idle: ["Willkommen", "Treten Sie vor die Kamera."],
  waiting: ["In die Kamera schauen", ""],
  pause: ["Bitte warten", ""],
  pad: ["PIN eingeben", ""],
  factor: ["PIN oder Karte, bitte", "Sie wurden erkannt. Geben Sie auch Ihre PIN ein, oder zeigen Sie Ihre Karte."],
  reserved: ["Aufnahme läuft", ""],
  closed: ["Außer Betrieb", ""],
};

export const TEXTS = {
  granted: "Willkommen",
  grantedTo: (name) => `Willkommen, ${name}`,
  open: "Die Tür ist offen.",
  confirm: "Schauen Sie noch einmal in die Kamera: Das bestätigt Ihre Aufnahme.",
  refused: "Kein Zutritt",
  enrolled: "Sie sind aufgenommen",
  thanks: "Danke, das war alles.",
  notEnrolled: "Nicht aufgenommen",
  otherwise: "Der Zutritt ist Ihnen zurzeit nicht offen. Bitten Sie um Hilfe.",
  again: (time) => `Nächster Versuch in ${time}.`,
  askOperator: "Bitte wenden Sie sich an die Betreuung.",
  code: (reason) => `Code: ${reason}`,
  locked: "Tür zu",
  unlocked: "Tür offen",
  privacy: "Eine Kamera sieht diesen Ort. Ihr Gesicht wird mit denen verglichen, die hier aufgenommen sind; Bilder werden nicht behalten.",
  public: "Eine Kamera sieht diesen Ort. Ihr Gesicht wird erst verglichen, wenn Sie den Bildschirm berühren, eine Karte zeigen oder auf die Markierung treten.",
  touch: "Zum Beginnen berühren",
  preview: "Was die Kamera sieht, gespiegelt",
  progress: "Fortschritt",
  running: "Was hier läuft",
  language: "Sprache",
  source: (source) => `Quelle ${source}`,
  policy: (policy) => `Stufe ${policy}`,
  door: (door) => `Tür ${door}`,
  usePin: "PIN benutzen",
  number: "Ihre Nummer",
  pin: "Ihre PIN",
  digits: (count) => (count === 1 ? "1 Ziffer" : `${count} Ziffern`),
  next: "Weiter",
  enter: "Fertig",
  cancel: "Abbrechen",
  erase: "Löschen",
};

export const SPEECH = {
  granted: "Willkommen. Die Tür ist offen.",
  refused: "Kein Zutritt.",
  enrolled: "Danke. Sie sind aufgenommen.",
  not_enrolled: "Sie wurden nicht aufgenommen.",
  pad: "Geben Sie Ihre Nummer ein.",
  pin: "Geben Sie jetzt Ihre PIN ein.",
  factor: "Geben Sie Ihre PIN ein, oder zeigen Sie Ihre Karte.",
  pause: "Bitte warten Sie einen Moment.",
  closed: "Außer Betrieb.",
};
