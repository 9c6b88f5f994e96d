// The picture, mirrored as people expect of themselves, and the oval with its ring of progress.
// A picture is kept only while it may be seen and is fresh: nobody's face stays on the screen of a camera that has stopped.

const canvas = document.getElementById("preview");
const pencil = canvas.getContext("2d");
const ring = document.getElementById("ring");
const STALE_MS = 2000;

let seen = false, stale = 0;

// The symbols become part of the page: it has to draw one when the device that serves them is gone.
export async function loadSymbols() {
  try {
    const text = await (await fetch("icons.svg")).text();
    const sheet = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    sheet.setAttribute("hidden", "");
    document.body.append(document.importNode(sheet, true));
  } catch (error) {
    console.error("icons.svg", error);
  }
}

function clear() {
  pencil.clearRect(0, 0, canvas.width, canvas.height);
  document.body.dataset.picture = "";
}

// Whether pictures may be seen now; where not, none is drawn, and the last one goes.
export function allow(yes) {
  if (seen && !yes) clear();
  seen = yes;
}

export async function picture(jpeg) {
  if (!seen) return;
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  if (!seen) return bitmap.close();
  clearTimeout(stale);
  stale = setTimeout(clear, STALE_MS);
  if (canvas.width !== bitmap.width || canvas.height !== bitmap.height) {
    [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
    canvas.style.aspectRatio = `${bitmap.width} / ${bitmap.height}`;
  }
  pencil.setTransform(-1, 0, 0, 1, canvas.width, 0);
  pencil.drawImage(bitmap, 0, 0);
  bitmap.close();
  document.body.dataset.picture = "yes";
}

// How far a visit is, 0..1, or what is left of a pause.
export function progress(share) {
  document.getElementById("progress").value = share;
  ring.style.strokeDasharray = `${100 * share} 100`;
  ring.style.opacity = share ? 1 : 0;  // its round ends alone would be a dot
}
