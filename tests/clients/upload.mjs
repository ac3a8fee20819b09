// Uploads one file with tus-js-client: ENDPOINT TOKEN FILE CASE SLOT MEDIA SHA256 PATCH|POST.
import { createReadStream, statSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.env.TUS_CLIENTS, "javascript", "here.js"));
const tus = require("tus-js-client");

const [endpoint, token, path, caseId, slot, media, sha256, method] = process.argv.slice(2);
const upload = new tus.Upload(createReadStream(path), {
  endpoint,
  chunkSize: 1 << 20,
  uploadSize: statSync(path).size,
  retryDelays: [50, 100, 100, 200, 200, 500, 500, 1000, 1000, 1000],
  overridePatchMethod: method === "POST",
  headers: { Authorization: `Bearer ${token}` },
  metadata: { case: caseId, slot, media, sha256, filename: "行车记录.mp4" },
  onShouldRetry: (error) => {
    console.log(`interrupted: ${error.originalResponse?.getStatus() ?? "no answer"}`);
    return true;
  },
  onError: (error) => {
    console.error(error);
    process.exit(1);
  },
  onSuccess: () => console.log("done"),
});
upload.start();
