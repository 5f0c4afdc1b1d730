# SPDX-License-Identifier: MIT
# Arrays, subshells, pipelines, traps, jobs, here-documents: script.bash ROUNDS
# shellcheck disable=SC2030,SC2031,SC2050 # what subshells lose, and constants, are meant here
set -u
declare -A table=()
list=()
for ((i = 0; i < $1; i++)); do
    table[key$((i * 7919 % 503))]+=$((i % 10))
    list+=("item $i")
done
echo "${#table[@]} ${#list[@]} ${table[key7]} ${list[*]: -3}"
trap 'echo "a signal"' USR1
kill -USR1 "$BASHPID"
(trap 'echo "subshell ends"' EXIT; list+=(x); echo "${#list[@]}")
printf '%s\n' "${list[@]}" | sort -r | head -n 3 | while read -r word number; do echo "$number $word"; done
for ((i = 0; i < 20; i++)); do
    result=$(echo "$i" | (read -r x; echo $((x * x))))
    sum=$((${sum:-0} + result))
done
echo "sum $sum"
for ((i = 0; i < 5; i++)); do (exit "$i") & pids[i]=$!; done
for ((i = 0; i < 5; i++)); do wait "${pids[i]}"; echo "job $?"; done
cat <(printf 'one\n') <(printf 'two\n') - <<TEXT
here ${list[1]}
TEXT
text=${list[*]}
echo "${#text} ${text//item/thing}" | cksum
function recursive { if (($1 > 0)); then recursive $(($1 - 1)); else echo bottom; fi; }
recursive 200
mapfile -t lines < <(seq 1000)
echo "${#lines[@]} ${lines[999]}"
coproc { while read -r line; do echo "<$line>"; done; }
echo hello >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
eval "exec ${COPROC[1]}>&-"
wait
[[ "abc123" =~ ([a-z]+)([0-9]+) ]] && echo "${BASH_REMATCH[2]}"
exit 3
