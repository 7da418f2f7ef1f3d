# What the steps of action.yml know of GitHub's API. Sourced by bash; wants TOKEN and AUTHOR, whose comments count.

repository="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"

# The token is not on the command line, where every process of the machine could read it.
api() {
  curl --silent --show-error --fail-with-body --max-time 60 --retry 3 \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$TOKEN") \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

# The number of the pull request that this commit came by; nothing when it came by none.
merged() {
  api "$repository/commits/$GITHUB_SHA/pulls" | jq -r '[.[] | select(.merged_at != null).number][0] // empty'
}

# The comments of pull request $1 that begin with the marker $2 and are our own, each as the jq expression $3 says.
comments() {
  local page found
  for page in {1..50}; do
    found=$(api "$repository/issues/$1/comments?per_page=100&page=$page") || return
    jq -r --arg marker "$2" --arg author "$AUTHOR" \
      ".[] | select(.user.login == \$author and (.body | startswith(\$marker))) | $3" <<< "$found" || return
    [ "$(jq length <<< "$found")" -eq 100 ] || return 0
  done
}
