// The readers of old files: values and nothing else, each refusal by its name and place.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isPhpArray, readPhpConfig, type PhpValue } from '../../packages/cli/src/legacy/php-config.js'
import { PhpRefusal } from '../../packages/cli/src/legacy/php-refusal.js'
import { readScriptsXml, XmlRefusal } from '../../packages/cli/src/legacy/scripts-xml.js'
import { thrownBy } from '../support/failure-of.js'

function plain(value: PhpValue): unknown {
  return isPhpArray(value) ? entriesOf(value.entries) : value
}

function entriesOf(config: ReadonlyMap<string, { readonly value: PhpValue }>): unknown {
  return Object.fromEntries([...config].map(([key, { value }]) => [key, plain(value)]))
}

const php = (code: string) => entriesOf(readPhpConfig(`<?php\n${code}`))

describe('the settings in a PHP file', () => {
  test.each<[string, string, unknown]>([
    ['an array', "$config = array('a' => 1, \"b\" => 'x',);", { a: 1, b: 'x' }],
    ['a short array', "$config = ['a' => [1, 'k' => null], 2];", { a: { '0': 1, k: null }, '0': 2 }],
    ['assignments', "$c['a'] = 1; $c[\"b\"] = TRUE; $c['a'] = False;", { a: false, b: true }],
    ['an assignment of all, over others', "$c['a'] = 1; $c = array(); $c['b'] = 2;", { b: 2 }],
    [
      'numbers',
      '$c = [1 => -5, 2 => 1.5e3, 3 => 0x1F, 4 => 010, 5 => 0b11, 6 => .5];',
      { 1: -5, 2: 1500, 3: 31, 4: 8, 5: 3, 6: 0.5 },
    ],
    ['single quotes', String.raw`$c = ['a' => 'it\'s \\ \n $x {$y} "q"'];`, { a: String.raw`it's \ \n $x {$y} "q"` }],
    ['double quotes', String.raw`$c = ['a' => "\"\t\x41\101\u{20AC}\$x \q 5 $ %"];`, { a: '"\tAA€$x \\q 5 $ %' }],
    ['comments', '// one ?\n# two\n/* $c = `rm`; */ $c /* here */ = // there\n[];', {}],
    ['a comment that PHP ends', "$c = ['a' => 1]; // and so ?>", { a: 1 }],
    ['nowdoc', "$c = ['a' => <<<'END'\n <b>$x</b>\n\n y\nEND\n];", { a: ' <b>$x</b>\n\n y' }],
    ['heredoc, indented', '$c = ["a" => <<<END\n  one \\"\n    two\n  END, "b" => 1];', { a: 'one \\"\n  two', b: 1 }],
    [
      'parts of paths',
      "$c['a'] = ClickTale_Root.ClickTale_DS.'Cache'; $c['b'] = dirname(__FILE__) . '/x' ; $c['c'] = sys_get_temp_dir();",
      { a: './Cache', b: './x', c: '/tmp' },
    ],
    ['several pieces', "?>\n\n<?php $c['a'] = 1 ?>\n<?php ;; $c['b'] = 2;\n?>\n", { a: 1, b: 2 }],
    ['nothing', '', {}],
  ])('%s', (_form, code, expected) => {
    expect(php(code)).toEqual(expected)
  })

  test('knows the line of each', () => {
    const config = readPhpConfig("<?php\n$c = array(\n  'a' => 1,\n  'b' => <<<X\n\n\nX\n,\n 'c' => 2);")
    expect([...config].map(([key, { line }]) => [key, line])).toEqual([
      ['a', 3],
      ['b', 4],
      ['c', 9],
    ])
  })

  test('may say __proto__, which is a key like any other and pollutes nothing', () => {
    expect(readPhpConfig("<?php $c['__proto__'] = array('polluted' => true);").size).toBe(1)
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  test.each<[string, number, string]>([
    ["$c['a'] = getenv('HOME');", 2, 'a call of getenv()'],
    ["$c['a'] = Array_map('x', []);", 2, 'a call of Array_map()'],
    ["$c['a'] = dirname($x);", 2, 'a call of dirname()'],
    ["$c['a'] = sys_get_temp_dir('x');", 2, 'a call of sys_get_temp_dir()'],
    ["\n$c['a'] = $_SERVER['HTTP_HOST'];", 3, 'the variable $_SERVER'],
    ["$c['a'] = 'x' . $y;", 2, 'the variable $y'],
    ["$c['a'] = 'x' . 5;", 2, 'a concatenation'],
    ["$c['a'] = PHP_OS;", 2, 'the constant PHP_OS'],
    ["$c['a'] = 1 + 1;", 2, 'the sign +'],
    ["$c['a'] = !true;", 2, 'the sign !'],
    ["$c['a'] = `id`;", 2, 'a backtick'],
    ['$c["a"] = "x $y";', 2, 'a variable within a text'],
    ['$c["a"] = "x {$y[0]}";', 2, 'a variable within a text'],
    ['$c["a"] = "${y}";', 2, 'a variable within a text'],
    ['$c["a"] = <<<E\n$x\nE\n;', 2, 'a variable within a text'],
    [String.raw`$c["a"] = "\xe9";`, 2, String.raw`\xe9 in a text`],
    ["include 'other.php';", 2, 'the statement include'],
    ["require_once('other.php');", 2, 'the statement require_once'],
    ['eval("x");', 2, 'the statement eval'],
    ['if (true) { }', 2, 'the statement if'],
    ["define('A', 1);", 2, 'a call of define()'],
    ['#[Attribute]', 2, 'the sign #'],
    ['$c[] = 1;', 2, 'the sign ]'],
    ["$c['a']['b'] = 1;", 2, 'the sign ['],
    ['$c->a = 1;', 2, 'the sign -'],
    ['$$c = 1;', 2, 'the sign $'],
    ["$c = 'text';", 2, 'a value that is no array'],
    ["$c['a'] = 1; $d['b'] = 2;", 2, 'a second variable, $d beside $c'],
    ["$c['a'] = 1", 2, 'an assignment that does not end'],
    ["$c['a'] = array(1, 2", 2, 'an assignment that does not end'],
    ["$c['a'] = 'x;", 2, 'a text or comment that does not end'],
    ['/* x', 2, 'a text or comment that does not end'],
    ['$c["a"] = <<<E\nx', 2, 'a text or comment that does not end'],
    ["$c['a'] = 1; ?>\n<b>Hello</b>", 3, 'text outside of <?php'],
    ["$c['a'] = 1; ?>\n\n<?= 5 ?>", 4, 'text outside of <?php'],
    [`$c = ${'['.repeat(20)}`, 2, 'arrays in one another'],
  ])('%s is refused', (code, line, what) => {
    const error = thrownBy(() => readPhpConfig(`<?php\n${code}`))
    expect(error).toBeInstanceOf(PhpRefusal)
    expect(error).toMatchObject({ line })
    expect(error.message).toContain(what)
  })

  test('and so is what does not begin as PHP', () => {
    expect(thrownBy(() => readPhpConfig('\n hello <?php $c = [];'))).toMatchObject({ line: 2 })
    expect(thrownBy(() => readPhpConfig('<? $c = [];'))).toBeInstanceOf(PhpRefusal)
  })

  test('is read, or refused, whatever it is, and soon', () => {
    const pieces = fc.constantFrom(
      '<?php ',
      '?>',
      '$c',
      "['a']",
      '=',
      'array(',
      ')',
      '[',
      ']',
      '=>',
      ',',
      ';',
      "'",
      '"',
      '\\',
      '<<<E\n',
      'E',
      '/*',
      '*/',
      '//',
      '\n',
      '.',
      '-',
      '5',
      'true',
      'dirname',
      '(',
      '__FILE__',
      '`',
      '\u00e9',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (code) => {
        try {
          readPhpConfig(`<?php ${code.join('')}`)
        } catch (error) {
          expect(error).toBeInstanceOf(PhpRefusal)
        }
      }),
      { numRuns: 2000 },
    )
    for (const piece of ["'", '"', '/*', '<<<E\n', '[', "'\\"]) {
      expect(thrownBy(() => readPhpConfig(`<?php $c = ${piece.repeat(80_000)}`))).toBeInstanceOf(PhpRefusal)
    }
    expect(thrownBy(() => readPhpConfig(`<?php $c = '${'a'.repeat(200_000)}`))).toBeInstanceOf(PhpRefusal)
  })
})

const BILLION = `<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>`

describe('a scripts file', () => {
  test('gives the scripts with their attributes, whatever way the HTML is written', () => {
    const scripts = readScriptsXml(
      '<?xml version="1.0"?><scripts>\n<script name="Top" InsertAfter="&lt;body>"> <![CDATA[ <b>&&]]>&amp;&#x41; </script><!-- x & y --><script name="x"/>\n</scripts>',
    )
    expect(scripts).toMatchObject([
      { name: 'Top', html: '<b>&&&A', attributes: { InsertAfter: '<body>' }, line: 2 },
      { name: 'x', html: '', line: 2 },
    ])
  })

  test.each<[string, string, number, string]>([
    ['an unclosed element', '<scripts>\n<script name="Top">x</scripts>', 2, 'unexpected close tag'],
    ['nothing', '', 1, 'document must contain a root element'],
    ['raw HTML', '<scripts><script name="Top"><b>x</b></script></scripts>', 1, 'the element <b> within a script'],
    [
      'an ampersand',
      '<scripts>\n\n<script name="Top">a && b</script></scripts>',
      3,
      'an & that begins no entity; write &amp;',
    ],
    ['an ampersand in an attribute', '<scripts>\n<script name="a&b"/></scripts>', 2, 'an & that begins no entity'],
    ['another file', '<configuration><x/></configuration>', 1, 'the element <configuration>'],
    ['a second root', '<scripts/><scripts/>', 1, 'documents may contain only one root'],
    ['a doubled attribute', '<scripts><script name="a" name="b"/></scripts>', 1, 'duplicate attribute'],
    ['loose text', '<scripts>hello</scripts>', 1, 'text outside of a script element'],
    ['a DOCTYPE', '<!DOCTYPE scripts SYSTEM "file:///etc/passwd"><scripts/>', 1, 'a DOCTYPE'],
    ['a bomb of entities', `${BILLION}<scripts>&b;</scripts>`, 1, 'a DOCTYPE'],
    [
      'an entity of its own',
      '<scripts><script name="Top">&secret;</script></scripts>',
      1,
      'an entity that XML itself does not have',
    ],
    [
      'an entity in an attribute',
      '<scripts><script name="&secret;"/></scripts>',
      1,
      'an entity that XML itself does not have',
    ],
    ['PHP', '<scripts><?php system("id") ?></scripts>', 1, 'the instruction <?php …?>'],
    ['a style sheet', '<?xml-stylesheet href="x"?><scripts/>', 1, 'the instruction <?xml-stylesheet'],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><scripts/>', 1, 'the encoding "UTF-16"'],
  ])('%s is refused by name', (_name, text, line, what) => {
    const error = thrownBy(() => readScriptsXml(text))
    expect(error).toBeInstanceOf(XmlRefusal)
    expect(error).toMatchObject({ line })
    expect(error.message).toContain(what)
    expect(error).toHaveProperty('column', expect.any(Number))
  })
})
