# How the steps of action.yml handle the branch with the state. Sourced by bash; uses BRANCH and DIRECTORY.

# Exit 7 unless DIRECTORY is inside the workspace: a link in the checkout would put the state anywhere.
inside() {
  local here
  here=$(pwd -P)
  case "$(cd "$DIRECTORY" && pwd -P)/" in
    "$here"/*) [ ! -L "$DIRECTORY/.afsync" ] || { echo "::error title=afsync::$DIRECTORY/.afsync is a link."; exit 7; } ;;
    *) echo "::error title=afsync::directory: $DIRECTORY leads out of the workspace."; exit 7 ;;
  esac
}

# Exit 7 unless the tree $1 holds regular files only, and in .afsync only such as afsync names: a link would be followed
# when the state is copied.
regular() {
  local tree odd
  tree=$(git ls-tree -r --full-tree "$1")
  odd=$(
    grep -Ev '^100(644|755) blob ' <<< "$tree" || true
    grep -E $'[\t/]\\.afsync/' <<< "$tree" | grep -Ev $'[\t/]\\.afsync(/[A-Za-z0-9._-]+){1,2}$' || true
  )
  if [ -n "$odd" ]; then
    odd=$(cut -f 2 <<< "$odd" | head -n 3 | tr -cd 'A-Za-z0-9:/._\n-')
    echo "::error title=afsync::The branch $BRANCH holds something else than the files of a state: ${odd//$'\n'/, }. Nothing was taken from it."
    exit 7
  fi
}

# Put what afsync keeps in the directory $1 into the tree of the branch, which is the current directory.
keep() {
  local odd
  odd=$(find "$1" ! -type f ! -type d | head -n 3)
  if [ -n "$odd" ]; then
    echo "::error title=afsync::.afsync holds something else than regular files: ${odd//$'\n'/, }. The state was not brought back."
    exit 7
  fi
  rm -rf "./$DIRECTORY/.afsync" "./$DIRECTORY/.afsync-running"
  mkdir -p "./$DIRECTORY"
  cp -R "$1" "./$DIRECTORY/.afsync"
  rm -f "./$DIRECTORY"/.afsync/lock "./$DIRECTORY"/.afsync/*.guard
}
