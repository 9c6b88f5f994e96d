// The picture, mirrored as people expect of themselves, and the oval with its ring of progress.

const canvas = document.getElementById("preview");
const pencil = canvas.getContext("2d");
const ring = document.getElementById("ring");

export async function picture(jpeg) {
  const bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
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
}
