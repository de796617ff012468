// What every page runs: small behaviors found by data attributes. Pages add entries of their own beside this one.

import { enhanceDialogs } from "../dialog";
import { enhanceForms } from "../forms";
import { sizeFrames } from "../frames";
import { enhanceToasts } from "../live";
import { loadMath } from "../math";
import { enhanceMenus } from "../menu";
import { watchLine } from "../offline";
import { enhanceTheme } from "../theme";
import { localizeTimes, rememberZone } from "../time";

document.documentElement.dataset["scripts"] = "yes";
enhanceTheme();
enhanceMenus();
enhanceDialogs();
enhanceForms();
enhanceToasts();
rememberZone();
localizeTimes(document);
watchLine();
sizeFrames();
void loadMath(document.body);
