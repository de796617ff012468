// Runs inside frames that show what authors wrote with scripts of their own. See frames.ts for the other side.

import { startInside } from "../inside";

document.documentElement.dataset["theme"] = "light"; // what authors color for
startInside();
