/// What a shell runs to ask this program for completions: `snap completion SHELL -- WORD...`.
///
/// The answer's first line says who knows the words, and ` open` when the only one goes on; then one candidate a line, for zsh and
/// fish with a tab and its meaning.
enum CompletionScript {
  static let bash = #"""
    # Completion of snap for bash. It asks the program, so it need not change with it.
    _snap() {
      local -a answer
      mapfile -t answer < <("$1" completion bash -- "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
      COMPREPLY=("${answer[@]:1}")
      case ${answer[0]-} in
        files) compopt -o default ;;
        folders) compopt -o dirnames ;;
        *open) compopt -o nospace ;;
      esac
    }
    complete -F _snap snap
    """#

  static let zsh = #"""
    #compdef snap
    # Completion of snap for zsh. It asks the program, so it need not change with it.
    _snap() {
      local -a answer texts shown open openshown
      local line
      answer=("${(@f)$("${(Q)words[1]}" completion zsh -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
      case $answer[1] in
        files) _files; return ;;
        folders) _files -/; return ;;
      esac
      for line in "${(@)answer[2,-1]}"; do
        if [[ ${line%%$'\t'*} == *[/:] ]]; then
          open+=("${line%%$'\t'*}"); openshown+=("${line//$'\t'/  -- }")
        else
          texts+=("${line%%$'\t'*}"); shown+=("${line//$'\t'/  -- }")
        fi
      done
      compadd -l -d shown -a texts
      compadd -l -S '' -d openshown -a open
    }
    if [[ $funcstack[1] == _snap ]]; then _snap "$@"; else compdef _snap snap; fi
    """#

  static let fish = #"""
    # Completion of snap for fish. It asks the program, so it need not change with it.
    function __snap_complete
        set -l words (commandline -opc)
        set -l current (commandline -ct)
        # An open quote cannot be undone: what stands behind it is the word.
        set -l plain (string unescape -- "$current" 2>/dev/null)
        or set plain (string trim --left --chars="'\"" -- "$current")
        set -l answer ($words[1] completion fish -- (string unescape -- $words[2..-1]) "$plain" 2>/dev/null)
        switch "$answer[1]"
            case files
                __fish_complete_path "$current"
            case folders
                __fish_complete_directories "$current"
            case '*'
                printf '%s\n' $answer[2..-1]
        end
    end
    complete -c snap -f -a '(__snap_complete)'
    """#
}
