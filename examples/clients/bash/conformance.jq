# Answers of one case come in by the input; `$case` is the case, `$count` its number, `$kept` what was kept before it. The result is what is kept then, a
# line of TAP, and what is wrong.
def fits ($wanted): . as $found
  | if ($wanted | type) == "object" then ($found | type) == "object" and all($wanted | to_entries[]; . as {$key, $value} | $found | has($key) and (.[$key] | fits($value)))
    elif ($wanted | type) == "array" then ($found | type) == "array" and ($found | length) == ($wanted | length) and all(range($wanted | length); . as $at | $found[$at] | fits($wanted[$at]))
    else $found == $wanted end;

# The messages of one request come in the order in which they are expected, with others between.
def missing ($answers): reduce .[] as $wanted ({next: {}, missing: []};
  ($wanted.id | tojson) as $id
  | (.next[$id] // 0) as $from
  | first((range($from; $answers | length) | select(. as $at | $answers[$at] | .id == $wanted.id and fits($wanted))), null) as $at
  | if $at == null then .missing += [$wanted] else .next[$id] = $at + 1 end) | .missing;

. as $answers
| (($case.keep // {}) | map_values(. as {$from, $at} | first(($answers[] | select(fits($from))), null) | getpath($at))) as $keep
| ($case.expect + (if $case.last then [] else [{type: "end", id: "usable-after-all", status: "allow"}] end)) as $expected
| [($expected | missing($answers)[] | "missing: \(tojson)"),
  ($answers[] | select((.type | type) != "string") | "no message: \(tojson)"),
  ($keep | to_entries[] | select(.value == null) | "nothing to keep: \(.key)"),
  (($case.never // [])[] as $unwanted | $answers[] | select(.id != "usable-after-all" and fits($unwanted)) | "unwanted: \(tojson)")] as $wrong
| ($kept + $keep | tojson), (if $wrong == [] then "ok" else "not ok" end) + " \($count) - \($case.title)", ($wrong[] | "# " + .)
