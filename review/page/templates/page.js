"use strict";
// The matrix: rows are read once, and a keystroke only shows and hides them.
const filters = document.querySelector(".filters");
if (filters) {
  const groups = [...document.querySelectorAll(".grid tbody")].map((body) => {
    const [head, ...rows] = body.rows;
    return {
      body,
      name: head.querySelector("code").textContent.toLowerCase(),
      rows: rows.map((row) => ({
        row,
        who: (row.querySelector(".who")?.textContent ?? "").toLowerCase(),
        marks: [...row.cells].slice(1).map((cell) => cell.className === "yes" || cell.className === "if"),
      })),
    };
  });
  const output = filters.querySelector("output");
  const number = (value, one, many) => `${value.toLocaleString("en")} ${value === 1 ? one : many}`;
  const apply = () => {
    const data = new FormData(filters);
    const text = (name) => data.get(name).trim().toLowerCase();
    const [repository, principal, accesses] = [text("repository"), text("principal"), data.getAll("access")];
    let shown = 0, repositories = 0;
    for (const group of groups) {
      let some = 0;
      if (group.name.includes(repository)) {
        for (const each of group.rows) {
          const fits = each.who.includes(principal) && (!accesses.length || accesses.some((one) => each.marks[one]));
          each.row.hidden = !fits;
          some += fits;
        }
      }
      group.body.hidden = !some;
      repositories += some > 0;
      shown += some;
    }
    output.textContent = `${number(shown, "row", "rows")} of ${number(repositories, "repository", "repositories")}`;
  };
  filters.addEventListener("input", apply);
  filters.addEventListener("reset", () => setTimeout(apply));
  filters.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input")) {
      event.preventDefault();
      filters.elements.repository.focus();
    }
    if (event.key === "Escape" && filters.contains(event.target)) filters.reset();
  });
  filters.hidden = false;
  apply();
}
for (const button of navigator.clipboard ? document.querySelectorAll(".copy") : []) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.previousElementSibling.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
