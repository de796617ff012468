// Mathematics: TeX in \(...\), \[...\] and [mathjaxinline]...[/mathjaxinline], AsciiMath in `...` where a page asks for it. MathJax is
// fetched from our own server only when there is something to set. Whatever an author or learner wrote is text to it: no \require, and the
// safe extension removes links, styles, classes and ids that could reach beyond the formula.

interface MathJaxApi {
  config: { options?: { menuOptions?: unknown } };
  startup: { promise: Promise<void>; defaultReady(): void; adaptor: Adaptor };
  typesetPromise(elements?: Element[]): Promise<void>;
  typesetClear(elements?: Element[]): void;
  asciimath2mmlPromise(text: string): Promise<string>;
}

interface Adaptor {
  create(kind: string, namespace?: string): Element;
}

declare global {
  interface Window {
    MathJax?: unknown;
  }
}

const looksLikeMath = /\\\(|\\\[|\[mathjax(inline)?\]|`[^`]+`/;
const asked = "mathjax_process, .math, math, [data-math]";

let loading: Promise<MathJaxApi> | undefined;
let address = document.documentElement.dataset["mathjax"] ?? "";

/** Says where MathJax is, in documents whose server does not. */
export function mathAt(startup: string): void {
  address = startup;
}

/** Sets the mathematics below root, fetching MathJax when there is any. */
export async function loadMath(root: HTMLElement): Promise<void> {
  if (!root.querySelector(asked) && !looksLikeMath.test(root.textContent ?? "")) {
    return;
  }
  const api = await mathJax();
  await api.typesetPromise([root]);
}

/** Sets root again after its content was replaced. */
export async function reloadMath(root: HTMLElement): Promise<void> {
  if (loading) {
    (await loading).typesetClear([root]);
  }
  await loadMath(root);
}

/** Mathematics typed as plain text, as presentation MathML. */
export async function mathML(text: string): Promise<string> {
  return text.trim() === "" ? "" : (await mathJax()).asciimath2mmlPromise(text);
}

function mathJax(): Promise<MathJaxApi> {
  loading ??= fetchMathJax();
  return loading;
}

function fetchMathJax(): Promise<MathJaxApi> {
  const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
  const folder = address.replace(/\/[^/]*$/, "");
  return new Promise((resolve, reject) => {
    window.MathJax = {
      loader: {
        paths: { mathjax: folder, fonts: `${folder}/fonts` },
        load: ["core", "input/tex", "input/asciimath", "output/chtml", "ui/safe", "a11y/assistive-mml"],
      },
      tex: {
        inlineMath: [
          ["\\(", "\\)"],
          ["[mathjaxinline]", "[/mathjaxinline]"],
        ],
        displayMath: [
          ["\\[", "\\]"],
          ["[mathjax]", "[/mathjax]"],
          ["$$", "$$"],
        ],
        packages: { "[-]": ["require", "html"] },
        // What reaches beyond a formula is not fetched, also not by its first use.
        autoload: { html: [], action: [], unicode: [], texhtml: [], setoptions: [], require: [], bbm: [], bboldx: [], dsfont: [] },
        maxMacros: 1000,
        maxBuffer: 5 * 1024,
      },
      asciimath: { delimiters: { "[+]": [["`", "`"]] } },
      output: { font: "mathjax-newcm" },
      chtml: { displayOverflow: "scroll" },
      options: {
        enableAssistiveMml: true,
        skipHtmlTags: { "[+]": ["code", "kbd", "samp", "input", "select", "button"] },
        ignoreHtmlClass: "no-math",
        safeOptions: { allow: { URLs: "none", classes: "none", cssIDs: "none", styles: "none" } },
      },
      startup: {
        typeset: false,
        ready(): void {
          const api = window.MathJax as MathJaxApi;
          delete api.config.options?.menuOptions; // set for a menu we do not load
          api.startup.defaultReady();
          nonceStyles(api.startup.adaptor, nonce);
          api.startup.promise.then(() => resolve(api), reject);
        },
      },
    };
    const script = document.createElement("script");
    script.src = address;
    script.nonce = nonce;
    script.addEventListener("error", () => reject(new Error("MathJax could not be fetched")));
    document.head.append(script);
  });
}

/** MathJax makes its style sheet as an element; the page's policy wants a nonce on it. */
function nonceStyles(adaptor: Adaptor, nonce: string): void {
  const create = adaptor.create.bind(adaptor);
  adaptor.create = (kind, namespace) => {
    const made = create(kind, namespace);
    if (kind === "style") {
      (made as HTMLStyleElement).nonce = nonce;
    }
    return made;
  };
}
