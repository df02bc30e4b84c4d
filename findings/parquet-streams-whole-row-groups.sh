#!/bin/sh
# pyarrow 26.0.1, datasets 5.2.0: streaming a Parquet file takes the memory of a whole row group (pyarrow writes 1,048,576 rows to one by
# default), however few rows are asked for at a time.
# - pyarrow.parquet.ParquetFile(...).iter_batches(batch_size=1000) reads all bytes of the group's columns before the first row. Its
#   buffer_size alone does nothing, because pre_buffer, which is on unless said otherwise, takes precedence; with both it reads by pages.
# - datasets' load_dataset(..., streaming=True) decodes the whole group before its first record, also with batch_size=1000.
# Seen on 2026-12-01 with 300,000 rows in one group, a file of 232 MB, megabytes more after the first row than before:
SEEN="pyarrow 239, pyarrow with buffer_size 239, pyarrow with buffer_size and without pre_buffer 9, datasets 867, datasets with batch_size 867"
# Exits with 1 when that changes: what held the group takes less than three quarters of the file, or what did not more than a quarter.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet pyarrow==26.0.1 datasets==5.2.0
cat > "$folder/seen.py" <<'PYTHON'
import os
import random
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq

FILE = os.path.join(sys.argv[1], "one-group.parquet")
WAYS = {
    "pyarrow": lambda: pq.ParquetFile(FILE).iter_batches(batch_size=1000),
    "pyarrow with buffer_size": lambda: pq.ParquetFile(FILE, buffer_size=1 << 20).iter_batches(batch_size=1000),
    "pyarrow with buffer_size and without pre_buffer":
        lambda: pq.ParquetFile(FILE, buffer_size=1 << 20, pre_buffer=False).iter_batches(batch_size=1000),
    "datasets": lambda: iter(streamed()),
    "datasets with batch_size": lambda: iter(streamed(batch_size=1000)),
}


def streamed(**options):
    from datasets import load_dataset
    return load_dataset("parquet", data_files=FILE, split="train", streaming=True, cache_dir=sys.argv[1], **options)


def peak():
    with open("/proc/self/status") as status:  # ru_maxrss would begin at the parent's
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024


def write():
    letters = random.Random(0)
    texts = ["".join(letters.choices("abcdefghijklmnopqrstuvwxyz     ", k=800)) for _ in range(20000)]
    table = pa.table({"text": [texts[letters.randrange(20000)] + str(i) for i in range(300000)]})
    pq.write_table(table, FILE, row_group_size=300000, use_dictionary=False)


def more_after_the_first_row(way):
    rows = WAYS[way]()
    before = peak()
    next(rows)
    print(round(peak() - before), flush=True)
    os._exit(0)  # what reads ahead is not waited for


if len(sys.argv) > 2:
    more_after_the_first_row(sys.argv[2])
write()
size = os.path.getsize(FILE) / 2**20
took = {way: int(subprocess.check_output([sys.executable, __file__, sys.argv[1], way]).split()[-1]) for way in WAYS}
print(f"a file of {size:.0f} MB:", ", ".join(f"{way} {megabytes}" for way, megabytes in took.items()))
small = "pyarrow with buffer_size and without pre_buffer"
sys.exit(not all(megabytes < size / 4 if way == small else megabytes > size * 3 / 4 for way, megabytes in took.items()))
PYTHON
export HF_HUB_OFFLINE=1 HF_HOME="$folder"
"$folder/venv/bin/python" "$folder/seen.py" "$folder" && echo "seen before: $SEEN"
