# Completion of actz for bash. Verbs and options are those that the program's own --help lists; here stands only what
# kind of value an option takes, and what files a verb.

_actz_verbs() { "$1" --help 2>/dev/null | sed -n '/^Usage/,/^The first/s/^  \([a-z]*\) .*/\1/p'; }

# _actz_options PROGRAM VERB [arg]: options of a verb; with "arg" those alone that take a value.
_actz_options() {
  "$1" "$2" --help 2>/dev/null |
    sed -En "s/^  (-([a-z]) \[ )?(--[a-z-]+)( \])?${3:+ $3}( .*)?\$/\3 \2/p" | sed -E 's/ ([a-z])$/\n-\1/; s/ $//'
}

_actz_value() {  # _actz_value VERB OPTION: completes the value of an option
  local dumps='npy|npz|safetensors|raw|bin' list
  case $2 in
    --profile | -p) _filedir actp ;;
    --metric) _filedir npy ;;
    --parts) _filedir npz ;;
    --test) _filedir "@($dumps)" ;;
    --report) _filedir html ;;
    --peers | --loss) _filedir json ;;
    --output | -o) [[ $1 == fit ]] && _filedir actp || _filedir actz ;;
    --dtype) list='bool u8 i8 u16 i16 u32 i32 u64 i64 f16 bf16 f32 f64' ;;
    --entropy) list='auto histogram gaussian laplace logistic mixture factorized fourier' ;;
    --format) list='npy npz safetensors raw' ;;
    --effort) list='1 2 3 4 5 6 7 8 9' ;;
    --states) list='1 4 8' ;;
    --lags) list='1,2 none' ;;
    --references) list='auto' ;;
  esac
  [[ -z ${list-} ]] || COMPREPLY=($(compgen -W "$list" -- "$cur"))
}

_actz_files() {  # _actz_files VERB COUNT: completes a file, of which COUNT stand before it
  local dumps='npy|npz|safetensors|raw|bin'
  case $1 in
    fit | bench | bounds) _filedir "@($dumps)" ;;
    encode | eval | cat) _filedir "@($dumps|actz)" ;;
    append) (($2 == 0)) && _filedir actz || _filedir "@($dumps|actz)" ;;
    decode) (($2 == 0)) && _filedir actz || _filedir "@($dumps)" ;;
    info) _filedir '@(actz|actp)' ;;
    verify | recover) _filedir actz ;;
  esac
}

_actz() {
  local cur prev words cword split=false
  _init_completion -s || return
  local program=${1/#\~/$HOME} verb=${words[1]-}
  if ((cword == 1)); then
    COMPREPLY=($(compgen -W "$(_actz_verbs "$program") help --help --version" -- "$cur"))
    return
  fi
  if [[ $verb == help ]]; then
    ((cword > 2)) || COMPREPLY=($(compgen -W "$(_actz_verbs "$program")" -- "$cur"))
    return
  fi
  local with_value
  with_value=" $(_actz_options "$program" "$verb" arg | tr '\n' ' ')"
  if [[ $prev == -* && $with_value == *" $prev "* ]]; then
    _actz_value "$verb" "$prev"
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(_actz_options "$program" "$verb")" -- "$cur"))
  else
    local count=0 at
    for ((at = 2; at < cword; ++at)); do
      [[ ${words[at]} == -?* || $with_value == *" ${words[at - 1]} "* ]] || ((++count))
    done
    _actz_files "$verb" "$count"
  fi
} &&
  complete -F _actz actz
