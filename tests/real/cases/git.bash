# SPDX-License-Identifier: MIT
# shellcheck disable=SC2164 # helpers.bash sets -e

case_history() {
    uses git
    local repository
    repository=$(repository 300)
    git clone -q "$repository" copy
    cd copy
    git log --stat | cksum
    git log -p --all -S function_3_7 | cksum
    git blame src/part1/file1.c | cksum
    git grep -n 'return 25' | cksum
    git shortlog -s HEAD
    git fsck 2>&1
    git diff HEAD~50 --color-words | cksum
}

case_changes() {
    uses git
    local repository
    repository=$(repository "$(pick 100 1000)")
    git clone -q "$repository" copy
    cd copy
    git checkout -q -b side HEAD~20
    sed -i 's/function_5_/other_5_/' src/part1/file5.c
    git commit -q -am 'Rename'
    status git merge -q main 2>&1
    git merge --abort 2>/dev/null || true
    git rebase -q HEAD~1 --onto HEAD~5
    git stash list
    git gc -q --prune=now
    git repack -adfq --threads=2 --depth="$(pick 10 250)"
    git rev-list --all --objects | cksum
    git format-patch -q -3 --stdout | sed '/^[0-9.]*$/d' | cksum
    git archive --format=tar HEAD | cksum
    git submodule status
}
