// Files and parts of the course an editor writes for: searched, shown, uploaded.

import { send } from "../request";

/** A file of the course. */
export interface CourseFile {
  name: string;
  type: string;
  url: string; // where Studio serves it
  portable: string; // /static/NAME, as it stands in texts
  thumbnail: string;
}

/** A part of the course a link may lead to. */
export interface Place {
  id: string;
  name: string;
  above?: string;
  kind: string;
}

interface Asset {
  display_name: string;
  content_type: string;
  url?: string | null;
  portable_url?: string | null;
  thumbnail?: string | null;
}

/** One course as an editor sees it. */
export class CourseFiles {
  private places: Promise<Place[]> | undefined;

  constructor(readonly course: string) {}

  /** Where Studio shows what stands in a text as this address; undefined when that is not ours. */
  shown(address: string): string | undefined {
    if (address.startsWith("data:image/") || address.startsWith("blob:")) {
      return address;
    }
    const rest = /^\/static\/([^?#]+)/.exec(address)?.[1];
    if (rest === undefined) {
      return /^\/(asset-v1:|c4x\/)/.test(address) ? address : undefined;
    }
    let name = rest;
    try {
      name = decodeURIComponent(rest);
    } catch {
      // it is meant as it stands
    }
    name = name.replace(/[^\p{L}\p{N}\p{M}_.%-]/gu, "_");
    const old = /^([^/:]+)\/([^/]+)\/[^/]+$/.exec(this.course);
    return old ? `/c4x/${old[1]}/${old[2]}/asset/${encodeURIComponent(name)}` : `/asset-v1:${this.course.replace(/^course-v1:/, "")}+type@asset+block@${encodeURIComponent(name)}`;
  }

  /** Files whose names hold some words. */
  async find(words: string, pictures: boolean, signal?: AbortSignal): Promise<CourseFile[]> {
    const query = new URLSearchParams({ page: "0", page_size: "24", sort: "date_added", direction: "desc" });
    if (words !== "") {
      query.set("text_search", words);
    }
    if (pictures) {
      query.set("asset_type", "Images");
    }
    const found = await send<{ assets: Asset[] }>(`/assets/${this.course}/?${query}`, { method: "GET", ...(signal ? { signal } : {}) });
    return found.assets.map(fileOf);
  }

  /** Puts a file into the course. A name that is taken gets a number, so that no file is replaced by accident. */
  async upload(file: File): Promise<CourseFile> {
    const name = await this.free(file.name || "picture.png");
    const form = new FormData();
    form.append("file", file, name);
    const { asset } = await send<{ asset: Asset }>(`/assets/${this.course}/`, { body: form, timeout: 300_000 });
    return fileOf(asset);
  }

  private async free(name: string): Promise<string> {
    const [, stem = name, ending = ""] = /^(.*?)(\.[^.]*)?$/.exec(name) ?? [];
    const taken = new Set((await this.find(stem, false)).map((f) => f.name.toLowerCase()));
    let free = name;
    for (let n = 2; taken.has(free.toLowerCase().replace(/[^\p{L}\p{N}\p{M}_.%-]/gu, "_")) || taken.has(free.toLowerCase()); n++) {
      free = `${stem}-${n}${ending}`;
    }
    // Pasted pictures are all called alike.
    return /^image\.(png|jpe?g|gif|webp)$/i.test(name) ? `${stem}-${new Date().toISOString().replace(/\D/g, "").slice(0, 14)}${ending}` : free;
  }

  /** Parts of the course whose names hold some words. */
  async findPlaces(words: string): Promise<Place[]> {
    this.places ??= send<{ places: Place[] }>(`/richtext/places?course=${encodeURIComponent(this.course)}`, { method: "GET" }).then(({ places }) => places);
    this.places.catch(() => {
      this.places = undefined;
    });
    const wanted = words.toLowerCase();
    return (await this.places).filter((p) => p.name.toLowerCase().includes(wanted)).slice(0, 30);
  }
}

function fileOf(a: Asset): CourseFile {
  return { name: a.display_name, type: a.content_type, url: a.url ?? "", portable: a.portable_url ?? `/static/${a.display_name}`, thumbnail: a.thumbnail ?? "" };
}
