// What the enrolment page says in German, by the codes of the wire contract and the places on the page.

export const INSTRUCTIONS = {
  look_straight: "Schauen Sie geradeaus",
  blink: "Bitte blinzeln Sie",
  close_eyes: "Schließen Sie kurz die Augen",
  turn_left: "Drehen Sie den Kopf nach links",
  turn_right: "Drehen Sie den Kopf nach rechts",
  move_closer: "Kommen Sie näher",
  move_back: "Gehen Sie etwas zurück",
  hold_still: "Halten Sie still",
  step_closer: "Halten Sie Ihr Gesicht in das Oval",
  uncover_mouth: "Machen Sie den Mund frei",
  remove_sunglasses: "Nehmen Sie die Sonnenbrille ab",
  lift_hat: "Schieben Sie den Hut hoch",
  more_light: "Suchen Sie mehr Licht",
};

export const CONDITIONS = {
  no_face_detected: ["step_closer", "Es ist kein Gesicht zu sehen."],
  multiple_faces: ["step_closer", "Bitte nur eine Person."],
  face_too_small: ["move_closer", "Ihr Gesicht ist zu weit weg."],
  face_not_centered: ["look_straight", "Ihr Gesicht gehört in die Mitte des Ovals."],
  face_covered: ["uncover_mouth", "Ihr Gesicht ist teilweise verdeckt."],
  too_dark: ["more_light", "Es ist zu dunkel."],
  too_bright: ["move_back", "Es ist zu hell."],
  poor_image_quality: ["hold_still", "Das Bild ist nicht scharf."],
};

// Headline, detail, and whether trying again can help.
export const ENDS = {
  done: ["Sie sind angemeldet", "Sie können diese Seite schließen. Bevor die Tür Ihnen öffnet, wird die Anmeldung noch bestätigt.", false],
  no_link: ["Der Link ist unvollständig", "Öffnen Sie den ganzen Link, den Sie bekommen haben, bis zum Ende.", false],
  link_not_valid: ["Dieser Link gilt nicht mehr", "Er wurde benutzt oder ist abgelaufen. Bitten Sie um einen neuen.", false],
  insecure: ["Die Verbindung ist nicht sicher", "Browser geben die Kamera nur sicheren Seiten. Öffnen Sie den Link mit https.", false],
  no_camera: ["Keine Kamera gefunden", "Schließen Sie eine Kamera an, oder öffnen Sie den Link auf einem Telefon.", true],
  camera_denied: ["Die Kamera wurde nicht erlaubt", "Erlauben Sie dieser Seite die Kamera in den Einstellungen des Browsers und versuchen Sie es noch einmal.", true],
  camera_busy: ["Die Kamera ist belegt", "Schließen Sie das andere Programm, das sie benutzt, und versuchen Sie es noch einmal.", true],
  duplicate_person: ["Dieses Gesicht ist schon angemeldet", "Jemand mit diesem Gesicht ist unter einer anderen Kennung bekannt. Fragen Sie die Betreiber.", false],
  liveness_failed: ["Das hat zu lange gedauert", "Schauen Sie in das Oval, blinzeln Sie, und drehen Sie den Kopf ein wenig.", true],
  session_expired: ["Das hat zu lange gedauert", "Versuchen Sie es noch einmal, wenn Sie eine Minute Zeit haben.", true],
  too_many_attempts: ["Das hat nicht geklappt", "Suchen Sie gleichmäßiges Licht, halten Sie das Telefon auf Augenhöhe, und versuchen Sie es noch einmal.", true],
  vision_unavailable: ["Das Gerät ist beschäftigt", "Versuchen Sie es gleich noch einmal.", true],
  rate_limited: ["Das Gerät ist beschäftigt", "Versuchen Sie es gleich noch einmal.", true],
  text_changed: ["Der Text wurde geändert", "Bitte lesen Sie ihn noch einmal.", true],
  taken_over: ["Anderswo geöffnet", "Diese Anmeldung geht in einem anderen Fenster weiter.", false],
  offline: ["Das Gerät antwortet nicht", "Prüfen Sie, ob Sie im selben Netz sind, und versuchen Sie es noch einmal.", true],
};
export const FAILED = ["Das hat nicht geklappt", "Versuchen Sie es noch einmal, oder fragen Sie die Betreiber.", true];

export const GO = { consent: "Ich willige ein, Kamera starten", agreement: "Weiter, Kamera starten", law: "Weiter, Kamera starten" };

export const PAGE = {
  title: "Anmelden",
  enroll: "Melden Sie Ihr Gesicht an",
  hello: (name) => `Guten Tag, ${name}`,
  version: (version) => `Fassung ${version}`,
  allow: "Erlauben Sie die Kamera",
  asks: "Ihr Browser fragt, ob diese Seite sie benutzen darf.",
  moment: "Einen Moment",
  views: (done, wanted) => `${done} von ${wanted} Ansichten`,
  starting: "Das Gerät macht sich bereit.",
  again: "Noch einmal",
  mirrored: "Ihre Kamera, gespiegelt",
  slow: "Ihr Browser lehnt die schnelle Verbindung ab, wahrscheinlich weil er dem Zertifikat dieses Geräts nicht vertraut. Es geht ohne sie weiter, etwas langsamer. Damit das aufhört,",
  trust: "installieren Sie das Zertifikat",
  reopen: "und öffnen Sie den Link noch einmal.",
};
