to_entries | map(.value |= tostring) | from_entries | .x += 1 | del(.y) | limit(3; .. ) as [$a, {b: $c}] | $ENV.PATH, input_filename, now, env.HOME
