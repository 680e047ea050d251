.a[1:3] | .[] | select(.id > 1) | {id, tags: (.tags // [] | length)}
