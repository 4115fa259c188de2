// In place of the real page's program, and against the same proxy: lists, shows, and deletes where it is allowed to.
const main = document.querySelector("main");
const accept = ["index.v1", "manifest.v1"].map((each) => `application/vnd.oci.image.${each}+json`).join();

async function asked(path, method = "GET") {
  const answer = await fetch(path, { method, headers: { Accept: accept } });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`);
  return answer;
}

function cell(row, text, tag = "td") {
  row.append(Object.assign(document.createElement(tag), { textContent: text }));
}

async function show(repository, tag, row) {
  const path = `/v2/${repository}/manifests/`;
  const digest = (await asked(path + tag)).headers.get("Docker-Content-Digest");
  cell(row, digest, "code");
  if (main.dataset.deletes === "true") {
    const button = Object.assign(document.createElement("button"), { textContent: "Delete" });
    button.addEventListener("click", () => asked(path + digest, "DELETE").then(list, fail));
    row.append(button);
  }
}

async function list() {
  const table = document.createElement("table");
  for (const repository of (await (await asked("/v2/_catalog")).json()).repositories) {
    for (const tag of (await (await asked(`/v2/${repository}/tags/list`)).json()).tags ?? []) {
      const row = table.insertRow();
      cell(row, `${main.dataset.host}/${repository}:${tag}`);
      const button = Object.assign(document.createElement("button"), { textContent: "Open" });
      button.addEventListener("click", () => show(repository, tag, row).catch(fail));
      row.append(button);
    }
  }
  main.replaceChildren(table);
}

function fail(error) {
  main.append(Object.assign(document.createElement("p"), { role: "alert", textContent: error.message }));
}

list().catch(fail);
