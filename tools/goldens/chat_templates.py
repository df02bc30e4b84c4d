"""Chat templates rendered as transformers renders them, for src/text/chat_template_test.cpp.

usage: python tools/goldens/chat_templates.py DATA_FOLDER

Published templates come from DATA_FOLDER and are only named; ChatML and the snippets are stored whole.
"""

import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template, _render_with_assistant_indices

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = pathlib.Path(sys.argv[1])

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)

WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city \u2013 now.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": " Name of the city. "},
                "days": {"type": "array", "description": "Which days"},
                "scale": {"type": ["string", "null"], "description": "C or F"},
                "more": {"type": "object", "additionalProperties": {"type": "number"}, "description": "Further <settings>"},
            },
            "required": ["city"],
        },
        "return": {"type": "string", "description": "A sentence."},
    },
}
PLAIN_TOOL = {"type": "function", "function": {"name": "now", "description": "The time.",
                                               "parameters": {"type": "object", "properties": {}}}}


def call(name, arguments, identity="abc123XYZ"):
    return {"role": "assistant", "content": None, "tool_calls": [
        {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}]}


CONVERSATIONS = {
    "one turn": [{"role": "user", "content": "Hello!"}],
    "several turns": [
        {"role": "user", "content": "  What is 2 + 2?\n"},
        {"role": "assistant", "content": "<think>easy</think>It is 4. "},
        {"role": "user", "content": "Thanks \u2764\ufe0f \u00e9\u4e16\u754c 'quoted' \"double\" <b>&amp;</b>"},
    ],
    "system": [
        {"role": "system", "content": " Be brief. "},
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": "Me."},
        {"role": "user", "content": "Why?"},
    ],
    "ends with assistant": [
        {"role": "system", "content": ""},
        {"role": "user", "content": "Tell me.\n\nNow."},
        {"role": "assistant", "content": "No."},
    ],
    "tool use": [
        {"role": "user", "content": "Weather in Paris?"},
        call("get_weather", {"city": "Paris", "days": [1, 2.5, True, None], "note": "caf\u00e9"}),
        {"role": "tool", "content": "sunny", "tool_call_id": "abc123XYZ", "name": "get_weather"},
        {"role": "assistant", "content": "It is sunny."},
    ],
    "arguments as text": [
        {"role": "user", "content": "Time?"},
        call("now", "{}"),
        {"role": "tool", "content": "12:00", "tool_call_id": "abc123XYZ"},
        {"role": "tool", "content": "13:00", "tool_call_id": "abc123XYZ"},
    ],
    "does not alternate": [{"role": "user", "content": "a"}, {"role": "user", "content": "b"}],
}

VARIABLES = [
    {"bos_token": "<s>", "eos_token": "</s>"},
    {"bos_token": "<s>", "eos_token": "</s>", "tools": [WEATHER, PLAIN_TOOL]},
    {"bos_token": "<s>", "eos_token": "</s>", "tools": [PLAIN_TOOL], "tools_in_user_message": False,
     "date_string": "1 Jan 2025", "builtin_tools": ["code_interpreter", "wolfram_alpha", "get_weather"]},
]

# Each shows one corner of the language.
SNIPPETS = [
    "{{ 1 }}{{ 2.0 }}{{ 1e20 }}{{ 1e16 }}{{ 123456789.125 }}{{ 0.0001 }}{{ 0.00001 }}{{ none }}{{ true }}{{ missing }}|",
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -2 ** 2 }} {{ 1 + 2 * 3 - 4 }} {{ 7.5 % -2 }}",
    "{{ 'a' ~ 1 ~ none ~ 2.5 ~ [1, 'x'] }} {{ 'ab' * 3 }} {{ [1] * 2 + [3] }} {{ (1, 2) }} {{ (1,) }} {{ () }}",
    "{{ [1, 'it\\'s', \"q\\\"\", none, true, 1.5, {'k': 'v'}, '\\n\\t\\\\\\x00\\u00e9\\u200b'] }}",
    "{{ {'a': [1, {'b': none}], 'c': 'd\u00e9<>&'} | tojson }} {{ {'b': 1, 'a': [1, 2], 'e': [], 'f': {}} | tojson(indent=2, sort_keys=true) }}",
    "{{ '\u00e9\U0001f600\\\\' | tojson(ensure_ascii=true) }} {{ [1, 2] | tojson(separators=(',', ':')) }} {{ 1.0 | tojson }}",
    "{% for x in [1, 2, 3] %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}",
    "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}={{ v }}{{ ', ' if not loop.last }}{% endfor %}{% for x in [] %}x{% else %}empty{% endfor %}",
    "{% for x in range(10) if x % 2 %}{{ x }}:{{ loop.index }}/{{ loop.length }} {% endfor %}{{ range(5, 0, -2) | list }}",
    "{% for x in range(10) %}{% if x == 2 %}{% continue %}{% endif %}{% if x > 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
    "{% set x = 1 %}{% for y in [1, 2] %}{{ x }}{% set x = 5 %}{{ x }}{% endfor %}{{ x }}{% if true %}{% set x = 7 %}{% endif %}{{ x }}",
    "{% set ns = namespace(n=0, s='a') %}{% for y in [1, 2] %}{% set ns.n = ns.n + y %}{% endfor %}{{ ns.n }}{{ ns.s }}{{ ns.zzz is defined }}",
    "{% macro m(a, b='B', c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ m() | upper }}{% set r = m('x') %}{{ r | length }}",
    "{% macro fact(n) %}{{ n * fact(n - 1) | int if n > 1 else 1 }}{% endmacro %}{{ fact(5) }}",
    "{% set g = 'late' %}{% macro m() %}{{ g }}{% endmacro %}{% set g = 'later' %}{{ m() }}",
    "{% set block %}  a{{ 1 + 1 }}b  {% endset %}[{{ block }}][{{ block | trim }}]{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{{ 'abc'[1] }}{{ 'abc'[-1] }}{{ 'abcdef'[1:4] }}{{ 'abcdef'[::-1] }}{{ 'abcdef'[:-2] }}{{ [1, 2, 3][1:] }}{{ '\u00e9\u4e16x'[1:] }}{{ [1, 2][5] }}{{ [1, 2, 3, 4][::2] }}{{ 'abc'[5:1:-1] }}",
    "{{ ' a b '.strip() }}|{{ 'xxaxx'.lstrip('x') }}|{{ 'xxaxx'.rstrip('x') }}|{{ 'a,b,c'.split(',') }}|{{ 'a  b c'.split() }}|{{ 'a,b,c'.split(',', 1)[1] }}|{{ ' a b  c '.split(none, 1) }}",
    "{{ 'Hello'.startswith('He') }}{{ 'Hello'.endswith(('x', 'lo')) }}{{ 'aXbX'.replace('X', '-') }}{{ 'aXbX'.replace('X', '-', 1) }}{{ 'abc'.upper() }}{{ 'ABC'.lower() }}{{ \"it's o'clock now\".title() }}{{ 'aBC d'.capitalize() }}",
    "{{ 'a\\nb\\r\\nc\\n'.splitlines() }}{{ 'hello'.find('l') }}{{ 'hello'.count('l') }}{{ '-'.join(['a', 'b']) }}{{ '12'.isdigit() }}",
    "{{ {'a': 1}.get('b', 2) }}{{ {'a': 1}.get('b') }}{{ {'a': 1, 'c': 2}.keys() | list }}{{ {'a': 1}.values() | list }}{{ {'items': 5}['items'] }}{{ 'a' in {'a': 1} }}",
    "{{ [3, 1, 2] | first }}{{ [3, 1, 2] | last }}{{ [] | first }}|{{ [1, 2, 2, 1] | unique | list }}{{ [1, 2] | reverse | list }}{{ 'abc' | reverse }}{{ 'abc' | list }}",
    "{{ messages | map(attribute='role') | join(', ') }}|{{ ['a', 'b'] | map('upper') | list }}|{{ [1, 2] | join('-') }}|{{ messages | join(',', attribute='role') }}|{{ ['a b'] | map('replace', ' ', '_') | list }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}{{ messages | rejectattr('role', 'eq', 'user') | list | length }}{{ [0, 1, '', 'a', none] | select | list }}{{ [1, 2, 3] | reject('odd') | list }}{{ messages | selectattr('missing') | list }}",
    "{{ missing | default('d') }}{{ '' | default('d') }}{{ '' | default('d', true) }}{{ none | d('x') }}{{ '3.7' | int }}{{ 'x' | int(9) }}{{ 3.9 | int }}{{ '2.5' | float }}{{ -3 | abs }}{{ 5 | string ~ 'x' }}",
    "{{ missing is defined }}{{ missing is undefined }}{{ 1 is number }}{{ 'a' is string }}{{ [] is iterable }}{{ {} is mapping }}{{ 1 is iterable }}{{ none is none }}{{ true is true }}{{ 1 is true }}{{ true is boolean }}{{ 1.0 is float }}{{ 1 is integer }}{{ 'a' is sequence }}",
    "{{ 3 is odd }}{{ 4 is even }}{{ 9 is divisibleby 3 }}{{ 9 is divisibleby(2) }}{{ 1 is eq 1 }}{{ 1 is not eq(2) }}{{ 'a' is in ['a'] }}{{ 2 is gt 1 }}{{ 'x' is not none and 'y' is defined }}",
    "{{ 1 == 1.0 }}{{ true == 1 }}{{ 'a' < 'b' }}{{ 1 < 2 < 3 }}{{ 3 > 2 > 2 }}{{ [1] == [1] }}{{ [1] == (1,) }}{{ {'a': 1} == {'a': 1.0} }}{{ none == missing }}{{ missing == missing2 }}{{ 'b' not in 'abc' }}{{ 2 in [1, 2] }}{{ 1 != 2 }}",
    "{{ 'x' or 'y' }}{{ '' or 'y' }}{{ 'x' and 'y' }}{{ '' and 'y' }}|{{ not '' }}{{ 'a' if false }}|{{ 'a' if 1 else 'b' if 1 else 'c' }}{{ not 1 == 2 }}",
    "  {% if true %}  \n  a\n  {% endif %}  \nb\n",
    "a \n  {%- if true -%}  \n  b  \n {%- endif %} c {{- ' d ' -}} e\n\n",
    "\n  {# comment #}\n  x {#- y -#}  z\n    {%+ if true %} kept{% endif %}\n\n\n",
    "{% raw %}{{ not run }}{% if %}{% endraw %} {%- raw -%}  a  {%- endraw -%}  b",
    "{{ '{{' }}{{ \"%}\" }}{{ {'a': {'b': 1}}['a'].b }}{{ {'a': {'b': 1}}}}",
    "{%- for message in messages %}\n    {{- message.role }}\n    {%- if not loop.last %}\n        {{- ',' }}\n    {%- endif %}\n{%- endfor %}",
    "{% generation %}gen {{ messages[0].content }}{% endgeneration %}!",
    "{{ dict(a=1, b='x') }}{{ dict(a=1).a }}{{ 'a\\tb' }}{{ 'c' 'd' }}{{ 'un\\known \\101 \\u00e9' }}",
    "{{ 'line1\nline2\n\nline4' | indent }}|{{ 'a\nb' | indent(2, true) }}|{{ ' Trim ' | trim }}|{{ 'xax' | trim('x') }}|{{ 'replace me' | replace('e', 'E', 2) }}|{{ 'hello WORLD it\\'s' | title }}|{{ 'hELLO' | capitalize }}",
    "{{ messages[0]['content'][:3] | upper }}{{ (messages | length) - 1 }}{{ messages[-1].role }}{{ messages[99] is defined }}{{ messages[0].nothing }}{{ tools is none }}{{ documents is defined }}",
    "{{ 1_000 + 0 }}{{ 10.5e-1 }}{{ 'e' }}{{ 3.0 * 2 }}{{ 10 / 4 }}{{ 1 / 3 }}{{ 100000000000000000000.0 }}{{ -0.0 }}{{ 5 - -3 }}{{ - 3 }}",
    "{% set messages = messages[1:] %}{{ messages | length }}{% for m in messages[:1] %}{% set content = m.content | trim %}{{ content }}{% endfor %}",
    "{% for a in [1, 2] %}{% for b in 'xy' %}{{ loop.index }}{{ a }}{{ b }} {% endfor %}{{ loop.index }}{% endfor %}",
]

SNIPPETS += [
    "{{ {'b': 1, 'A': 2, 'c': 0} | dictsort }}|{{ {'b': 1, 'A': 2, 'c': 0, 'B': 4} | dictsort(true) }}|{{ {'b': 1, 'A': 2, 'c': 0} | dictsort(by='value') }}|{{ {'b': 1, 'A': 2, 'c': 0} | dictsort(false, 'key', true) }}{% for k, v in {'y': [1], 'x': none} | dictsort %}{{ k }}{{ v }}{% endfor %}",
    "{{ [3, 1, 2] | sort }}{{ ['b', 'A', 'a', 'B'] | sort }}{{ ['b', 'A', 'a', 'B'] | sort(case_sensitive=true) }}{{ ['b', 'A', 'a', 'B'] | sort(reverse=true) }}{{ messages | sort(attribute='content') | map(attribute='content') | list }}{{ messages | sort(attribute='role,content', reverse=true) | map(attribute='content') | join('/') }}{{ [[2, 'a'], [1, 'b'], [1, 'a'], [1]] | sort }}{{ [[2, 'a'], [1, 'b']] | sort(attribute=1) }}{{ 'bca' | sort }}{{ [none, none] | sort }}{{ [] | sort }}",
    "{{ [3, 1, 2] | min }}{{ [3, 1, 2] | max }}{{ ['b', 'A', 'a', 'B'] | min }}{{ ['b', 'A', 'a', 'B'] | max }}{{ ['b', 'A', 'a', 'B'] | max(case_sensitive=true) }}{{ [] | min }}{{ (messages | max(attribute='content')).content }}{{ [1, 2.5] | max }}{{ [[1, 2], [1]] | min }}{{ [1] < [1, 0] }}{{ [2] >= [1, 5] }}",
    "{{ '%s=%s' | format('a', 1) }}|{{ '%s %r %d%%' | format([1], 'it', 3.9) }}|{{ '%(b)s-%(a)05.1f' | format(a=2.25, b=none) }}|{{ '%5s|%-5s|%05d|%+d|% d|%.2s|%5.1f|%*d' | format('é', 'b', -42, 7, 7, '世界x', 2.25, 4, 9) }}|{{ '%x %X %#x %o %#o %c%c' | format(255, 255, 255, 8, 8, 'z', 233) }}|{{ '%e %.3g %G %f' | format(12345.678, 0.0001234, 1e20, true) }}|{{ 'plain' | format }}|{{ '%s/%s' % ('x', 'y') }}{{ '%d' % 3 }}{{ '%(k)s' % {'k': 1, 'l': 2} }}{{ '%5.3d|%-6.3d|%+.0f' % (7, 7, 2.5) }}",
    "{% if false %}{{ 'x' | from_json }}{% if true %}{{ 1 is nosuch }}{% endif %}{% elif 1 is eq 2 %}{% for x in [1] | nosuch %}{% endfor %}{% else %}ok{% endif %}{{ 'a' if true else 'b' | from_json }}{{ 'a' | nosuch if false }}",
    "{% macro m(a, b='B') %}[{{ a }}{{ b }}]{% endmacro %}{{ range(*[2, 8, 3]) | list }}{{ m(*['x', 'y']) }}{{ m(**{'b': 1, 'a': 2}) }}{{ m('q', **{'b': 3}) }}{{ m(*'z', **{}) }}{{ m(b=1, *[2]) }}{{ dict(a=1, **{'c': 2}) }}{{ 'a-b' | replace(*['-', '+']) }}{{ 'a-b'.split(*['-']) }}",
    "{% filter upper | replace('A', 'b') %}aXa {{ messages[0].role }}{% set q = 1 %}{% endfilter %}|{{ q is defined }}|{% filter indent(2) %}a\nb{% filter trim %}  c {% endfilter %}{% endfilter %}",
    "{{ self.nothing }}|{{ self.nothing is defined }}|{{ self is defined }}|{{ 'x' if self else 'y' }}",
    "{{ none | selectattr('x') | list }}{{ missing | map('upper') | list }}{{ 0 | select | list }}{{ '' | rejectattr('a', 'eq', 1) | list }}{{ none | map(attribute='a') | list }}{{ false | reject | list }}",
    "{% set m = namespace(role='system', content='') %}{% set all = [m] + messages %}{% set m.content = 'late' %}{% for x in all %}{{ x.role }}={{ x['content'] }};{% endfor %}{{ m in all }}{{ all[0] == m }}{{ all[1] == m }}{{ {'k': m}.k.content }}{{ namespace(a=1) == namespace(a=1) }}{{ (all | selectattr('role', 'eq', 'system') | first).content }}",
    "{{ 'abcabc'.rfind('b') }}{{ 'éxé'.rfind('é') }}{{ 'abc'.rfind('z') }}{{ 'abc'.removeprefix('ab') }}{{ 'abc'.removesuffix('bc') }}{{ 'abc'.removesuffix('x') }}{{ 'abc'.removeprefix('abcd') }}|{{ [1].append }}|{{ {'update': 1}.update }}|{{ {'update': 1}['update'] }}|{{ [1].pop is defined }}{{ {}.pop is defined }}{{ (1,).pop is defined }}",
]

# Each must fail, in jinja2 as in ours.
BROKEN = [
    "{{ missing.field }}", "{{ missing['x'] }}", "{{ 'a' + 1 }}", "{{ 1 + none }}", "{{ 1 / 0 }}", "{{ 'a' < 1 }}",
    "{{ raise_exception('stop here') }}", "{{ missing() }}", "{{ 1() }}", "{{ 'a' | nofilter }}", "{{ 'a' is notest }}",
    "{% if true %}", "{% endfor %}", "{{ 1", "{# open", "{{ 'open }}", "{% for x in 3 %}{% endfor %}", "{{ (1 }}", "{{ 1 }}{% nonsense %}",
    "{% set x.y = 1 %}", "{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "{{ [1].append(2) }}", "{{ range(1000000) }}", "{{ 5 | length }}",
    "{% include 'x' %}", "{% for a, b in [[1, 2, 3]] %}{% endfor %}", "{{ ''.__class__.x }}", "{{ a b }}", "{{ }}", "{{ 1 +* 2 }}",
    "{{ '%s' | format }}", "{{ '%s' | format(1, 2) }}", "{{ '%d' | format('x') }}", "{{ '%x' | format(1.5) }}", "{{ '%' | format }}", "{{ '%(a)s' | format(b=1) }}",
    "{% if true %}{{ 'a' | nofilter }}{% endif %}", "{% if false %}{% for x in [1] %}{{ x | nofilter }}{% endfor %}{% endif %}",
    "{% macro m() %}{{ 'a' | nofilter }}{% endmacro %}", "{% if false %}{% macro m(a=1 is notest) %}{% endmacro %}{% endif %}", "{{ 'a' | nofilter if true }}",
    "{% if false %}{% set x %}{{ 1 | nofilter }}{% endset %}{% endif %}", "{% filter nofilter %}{% endfilter %}", "{% filter upper %}", "{{ x(*[1], 2) }}",
    "{{ {'a': 1}.update({'b': 2}) }}", "{{ {'a': 1}.pop('a') }}", "{{ [1]['append'](2) }}", "{{ [1, 'a'] | sort }}", "{{ [1, 'a'] | max }}", "{{ 5 | dictsort }}",
    "{{ {'a': 1} | dictsort(by='x') }}", "{{ self.nothing() }}", "{{ range(*5) }}", "{{ range(**5) }}", "{% set self.x = 1 %}", "{{ 5 | selectattr('x') | list }}",
]


def render(template, messages, variables, generate):
    names = {"tools": None, "documents": None, **variables}
    try:
        return {"text": _compile_jinja_template(template).render(messages=messages, add_generation_prompt=generate, **names)}
    except Exception:  # noqa: BLE001: whatever jinja2 and the template raise
        return {"fails": True}


# Templates with marks, and what lies in them by transformers.
MARKED = [
    "{% for m in messages %}{% if m.role == 'user' %}{% generation %}é{{ m.content }}{% endgeneration %}{% else %}[{{ m.content }}]{% endif %}{% endfor %}",
    "{% generation %}{% endgeneration %}a{% generation %}{% set x %}q{% endset %}b{{ x }}{% endgeneration %}",
    "{% macro m() %}-{% generation %}in{% endgeneration %}{% endmacro %}ab{{ 'c' ~ m() }}d",
]


def marked(template, messages):
    text, spans = _render_with_assistant_indices(compiled_template=_compile_jinja_template(template), messages=messages, tools=None, documents=None, add_generation_prompt=False)
    return {"template": template, "text": text, "spans": [[len(text[:at].encode()) for at in span] for span in spans]}


def published():
    for path in sorted((DATA / "templates").glob("*.jinja")):
        yield "templates/" + path.name, path.read_text()
    config = "tokenizer/qwen2.5-tokenizer_config.json"
    yield config, json.loads((DATA / config).read_text())["chat_template"]


def main():
    renderings = []
    for name, template in [("ChatML", CHATML), *published()]:
        for conversation, messages in CONVERSATIONS.items():
            for which, variables in enumerate(VARIABLES):
                for generate in (False, True) if which == 0 else (True,):
                    renderings.append({"template": name, "conversation": conversation, "variables": which,
                                       "add_generation_prompt": generate, **render(template, messages, variables, generate)})
    snippets = [{"template": template, **render(template, CONVERSATIONS["system"], VARIABLES[0], True)}
                for template in SNIPPETS + BROKEN]
    assert all("text" in snippet for snippet in snippets[:len(SNIPPETS)]), [s for s in snippets[:len(SNIPPETS)] if "text" not in s]
    assert all("fails" in snippet for snippet in snippets[len(SNIPPETS):]), [s for s in snippets[len(SNIPPETS):] if "text" in s]
    golden = {"chatml": CHATML, "conversations": CONVERSATIONS, "variables": VARIABLES, "snippets": snippets,
              "marked": [marked(template, CONVERSATIONS["system"]) for template in MARKED],
              "renderings": renderings}
    path = ROOT / "tests" / "goldens" / "chat_templates.json"
    path.write_text(json.dumps(golden, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(path, path.stat().st_size, sum("text" in r for r in renderings), "of", len(renderings), "render")


main()
