// Every page works without this file; it only adds comfort (menu on small screens, character counts, focus on errors).
import { initAll } from "./govuk-frontend-6.3.0/govuk-frontend.min.js";

initAll();
