#!/bin/sh
# Tries and measures the engine torch on this machine's GPU: sh run.sh [--quick] [--device cuda|cpu] [--out DIR]
# [--stages NAME,…] [--seconds N]. PYTHON names an interpreter with torch (default: python3).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${DIRA_GPU_WORK:-$here/work}
node=$work/bin/node
PYTHON=$(command -v "${PYTHON:-python3}") || { echo "run.sh: there is no ${PYTHON:-python3}; set PYTHON" >&2; exit 1; }
if [ ! -x "$node" ]; then
  mkdir -p "$work/bin"
  "$PYTHON" -c 'import gzip, shutil, sys
shutil.copyfileobj(gzip.open(sys.argv[1]), open(sys.argv[2], "wb"))' "$here/node/node.gz" "$node.part"
  chmod +x "$node.part"
  mv "$node.part" "$node"
fi
export npm_config_nodedir="$here/node"
export DIRA_CACHE="$work/cache"
exec "$node" "$here/js/run.mjs" --python "$PYTHON" "$@"
