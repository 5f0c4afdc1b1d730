// SPDX-License-Identifier: MIT
// The button that copies the proposed pools.conf; without scripts it can be selected as text.
const button = document.getElementById("copy");
button.hidden = false;
button.addEventListener("click", async () => {
  const conf = document.getElementById("conf");
  try {
    await navigator.clipboard.writeText(conf.textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(conf);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});
