// Results as tables.

/** The report of a run: each stage with how it ended, its rows as tables of equal columns, and its text. */
export function formatReport({ date, commit, device, quick, stages }) {
  const how = quick ? " Tiny sizes (`--quick`): no figures to go by." : "";
  const head = [`# The engine torch on \`${device}\``, "", `${date}, sources ${commit}.${how}`];
  const overview = table(
    stages.map(({ title, status, took }) => ({ stage: title, status, s: took })),
  );
  return `${[...head, "", ...overview, ...stages.flatMap(section)].join("\n")}\n`;
}

function section({ title, status, rows, text }) {
  const ended = status === "done" ? [] : [`**${status}**`, ""];
  const said = text.length === 0 ? [] : ["", "```", ...text, "```"];
  return [
    "",
    `## ${title}`,
    "",
    ...ended,
    ...alike(rows).flatMap((group) => [...table(group), ""]),
    ...said,
  ];
}

/** Rows of the same columns together, in the order in which the first of each came. */
function alike(rows) {
  const groups = new Map();
  for (const row of rows) {
    const key = Object.keys(row).join("|");
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return [...groups.values()];
}

function table(rows) {
  if (rows.length === 0) return [];
  const columns = Object.keys(rows[0]);
  const line = (cells) => `| ${cells.map((cell) => clean(cell)).join(" | ")} |`;
  return [
    line(columns),
    line(columns.map(() => "---")),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ""))),
  ];
}

const clean = (cell) => String(cell).replaceAll("|", "\\|").replace(/\s+/g, " ");
