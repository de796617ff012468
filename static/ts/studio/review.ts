// What was found in what an author is about to publish, asked in a dialog the server draws.

/** Shows the dialog and tells whether to publish all the same. Leaving it in any other way publishes nothing. */
export async function askReview(html: string): Promise<boolean> {
  const template = document.createElement("template");
  template.innerHTML = html;
  const dialog = template.content.querySelector("dialog");
  if (!dialog) {
    return false;
  }
  document.body.append(dialog);
  const answer = new Promise<boolean>((resolve) => {
    dialog.addEventListener("submit", (event) => {
      if ((event.target as Element).matches("[data-anyway]")) {
        event.preventDefault();
        event.stopPropagation(); // the page sends it
        resolve(true);
        dialog.close();
      }
    }, true);
    dialog.addEventListener("close", () => {
      resolve(false);
      dialog.remove();
    });
  });
  dialog.showModal();
  return answer;
}
