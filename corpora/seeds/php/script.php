<?php declare(strict_types=1); namespace N; use function strlen;
abstract class A implements \Countable { private ?int $x = null; public function __construct(protected string $s = "a{$b}c") {} public static function f(int|string ...$a): \Generator { yield from $a; } public function count(): int { return strlen($this->s) <=> 1; } }
foreach (['a' => 1, 'b' => [2]] as $k => &$v) { echo match (true) { $k === 'a' => "x$k\n", default => PHP_EOL }; } try { include 'no.php'; } catch (\Throwable $e) { } $f = fn($x) => $x ** 2; echo <<<E
 h {$f(2)}
 E; ?><p><?= $_GET['q'] ?? htmlspecialchars("<") ?></p>
