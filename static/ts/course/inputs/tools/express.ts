// How a small gene is expressed. The rules and sequences are those that are published of the Gene Explorer (Brian White, University of
// Massachusetts Boston): what stands between the first promoter and the first terminator from there on is read, introns are cut out, a tail
// is added, and from the first AUG on codons become amino acids up to a stop.

export const promoter = "TATAA";
export const terminator = "GGGGG";
const intronStart = "GUGCG";
const intronEnd = "CAAAG";
const tail = "A".repeat(13);

/** A part of the RNA that was read. */
export interface Part {
  kind: "exon" | "intron";
  text: string;
}

export interface Expressed {
  promoter: number; // where it begins in the DNA, -1 for nowhere
  terminator: number;
  parts: Part[]; // of the pre-mRNA
  mRNA: string; // "" for none
  start: number; // of the first codon in it, -1 for none
  end: number; // behind the last codon that was read, stop included
  protein: string[]; // amino acids by their three letters
  exons: number;
}

const bases = "UCAG";
const order =
  "Phe Phe Leu Leu Ser Ser Ser Ser Tyr Tyr - - Cys Cys - Trp Leu Leu Leu Leu Pro Pro Pro Pro His His Gln Gln Arg Arg Arg Arg Ile Ile Ile Met Thr Thr Thr Thr Asn Asn Lys Lys Ser Ser Arg Arg Val Val Val Val Ala Ala Ala Ala Asp Asp Glu Glu Gly Gly Gly Gly".split(
    " ",
  );

/** The amino acid of a codon, "-" for a stop. */
export function amino(codon: string): string {
  const [a, b, c] = [...codon].map((base) => bases.indexOf(base));
  return order[16 * (a ?? 0) + 4 * (b ?? 0) + (c ?? 0)] ?? "-";
}

/** Expresses a gene. */
export function express(dna: string): Expressed {
  const from = dna.indexOf(promoter);
  const to = dna.indexOf(terminator, Math.max(0, from));
  const none: Expressed = { promoter: from, terminator: to, parts: [], mRNA: "", start: -1, end: -1, protein: [], exons: 0 };
  const read = from < 0 || to < 0 ? "" : dna.slice(from + promoter.length, to).replaceAll("T", "U");
  if (read === "") {
    return none;
  }
  const parts = splice(read);
  const exons = parts.filter((p) => p.kind === "exon");
  const mRNA = exons.map((p) => p.text).join("") + tail;
  const start = mRNA.indexOf("AUG");
  const protein: string[] = [];
  let end = start;
  for (let at = start; start >= 0 && at + 3 <= mRNA.length; at += 3) {
    const found = amino(mRNA.slice(at, at + 3));
    end = at + 3;
    if (found === "-") {
      break;
    }
    protein.push(found);
  }
  return { ...none, parts, mRNA, start, end, protein, exons: exons.length };
}

function splice(rna: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; ; ) {
    const from = rna.indexOf(intronStart, at);
    const to = from < 0 ? -1 : rna.indexOf(intronEnd, from);
    if (to < 0) {
      parts.push({ kind: "exon", text: rna.slice(at) });
      return parts;
    }
    parts.push({ kind: "exon", text: rna.slice(at, from) }, { kind: "intron", text: rna.slice(from, to + intronEnd.length) });
    at = to + intronEnd.length;
  }
}

/** Whether what was made of a gene is what the problem with a number asks for: 1 a shorter mature mRNA, 2 a longer protein, 3 a shorter one,
 * 4 no mRNA and no protein, each by changing a single base; 5 a protein of five amino acids from a gene with one intron. Other numbers ask
 * for nothing. */
export function solves(number: number, first: string, now: string): boolean {
  const before = express(first);
  const after = express(now);
  const changed = first.length === now.length ? [...first].filter((base, i) => base !== now[i]).length : -1;
  switch (number) {
    case 1:
      return changed === 1 && after.mRNA.length < before.mRNA.length;
    case 2:
      return changed === 1 && after.protein.length > before.protein.length;
    case 3:
      return changed === 1 && after.protein.length < before.protein.length;
    case 4:
      return changed === 1 && after.mRNA === "" && after.protein.length === 0;
    case 5:
      return after.protein.length === 5 && after.exons === 2;
    default:
      return true;
  }
}
