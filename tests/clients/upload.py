"""Uploads one file with tuspy: ENDPOINT TOKEN FILE CASE SLOT MEDIA SHA256. Goes on after every cut."""

import sys
import time

from tusclient import client
from tusclient.exceptions import TusCommunicationError

endpoint, token, path, case, slot, media, sha256 = sys.argv[1:]
tus = client.TusClient(endpoint, headers={"Authorization": f"Bearer {token}"})
metadata = {"case": case, "slot": slot, "media": media, "sha256": sha256, "filename": "行车记录.mp4"}
url = None
for attempt in range(20):
    try:
        uploader = tus.uploader(path, url=url, chunk_size=1 << 20, metadata=metadata)
        url = uploader.url or uploader.create_url()
        uploader.set_url(url)
        uploader.offset = uploader.get_offset()
        uploader.upload()
        print(f"done after {attempt} interruptions")
        break
    except (TusCommunicationError, OSError) as error:
        print(f"interrupted: {type(error).__name__}")
        time.sleep(0.1)
else:
    sys.exit("given up")
