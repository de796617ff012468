// The editor of circuits for the frame of a question, where modules cannot be fetched; see problem-frame.ts.

import { enhanceSchematic } from "../course/inputs/schematic/index";

(window as { lyceumCircuits?: typeof enhanceSchematic }).lyceumCircuits = enhanceSchematic;
