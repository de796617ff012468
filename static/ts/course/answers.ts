// The answers in the fields of a problem: reading them as the server wants them, and laying kept ones over the fields.

/** Name and value of every answered field, in the order of the page. */
export type Answers = [name: string, value: string][];

type Field = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The fields below root that hold answers: those whose names begin so. Files are chosen in fields of their own kind, see inputs/files.ts. */
export function answerFields(root: ParentNode, prefix = "input_"): Field[] {
  return [...root.querySelectorAll<Field>("input:not([type=file]), select, textarea")].filter((e) => e.name.startsWith(prefix));
}

/** What is answered now. */
export function readAnswers(root: ParentNode, prefix?: string): Answers {
  const found: Answers = [];
  for (const field of answerFields(root, prefix)) {
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio") && !field.checked) {
      continue;
    }
    found.push([field.name, field.value]);
  }
  return found;
}

/**
 * Whether there is something to submit: a choice in every group, an option in every list, and a text in at least one of the lines to be
 * seen. The rules are those of the platform the courses come from; other inputs are not looked at.
 */
export function answered(root: ParentNode, prefix?: string): boolean {
  const fields = answerFields(root, prefix);
  // Drawing tools have fields of their own beside these.
  const lines = fields.filter((f) => f.type === "text" && f.closest(".answer__line, .option__field") && f.getClientRects().length > 0);
  if (lines.length > 0 && lines.every((f) => f.value === "")) {
    return false;
  }
  if (fields.some((f) => f.closest(".answer__select") && f.value === "")) {
    return false;
  }
  const boxes = fields.filter((f): f is HTMLInputElement => f.classList.contains("choice__box"));
  const groups = new Set(boxes.map((f) => f.closest("fieldset.options")));
  return [...groups].every((g) => g?.closest(".annotation") || boxes.some((f) => f.checked && f.closest("fieldset.options") === g));
}

/** Lays answers over the fields; reports whether any field changed. */
export function fillAnswers(root: ParentNode, answers: Answers, prefix?: string): boolean {
  const given = new Map<string, string[]>();
  for (const [name, value] of answers) {
    given.set(name, [...(given.get(name) ?? []), value]);
  }
  let changed = false;
  for (const field of answerFields(root, prefix)) {
    const values = given.get(field.name) ?? [];
    if (field instanceof HTMLInputElement && (field.type === "checkbox" || field.type === "radio")) {
      const on = values.includes(field.value);
      changed ||= field.checked !== on;
      field.checked = on;
    } else if (values.length > 0) {
      const value = values.shift() ?? "";
      given.set(field.name, values);
      changed ||= field.value !== value;
      field.value = value;
    }
  }
  return changed;
}

/** The body the handlers take, and the text events carry. */
export function encodeAnswers(answers: Answers): URLSearchParams {
  return new URLSearchParams(answers);
}

/** Whether two sets of answers are the same. */
export function sameAnswers(a: Answers, b: Answers): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
