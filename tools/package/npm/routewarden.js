#!/usr/bin/env node
'use strict'
// Starts the program of this platform's package. It shares the standard streams, so that MCP works, gets the signals
// that this process gets, and its end is this process's end.

const { spawn } = require('node:child_process')
const os = require('node:os')

// A fault of the program, as docs/ci.md has it; 1 would mean a finding.
const FAULT = 3
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGQUIT']

/** Ends with a message for people. */
function fail(...lines) {
  process.stderr.write(lines.map((line) => `routewarden: ${line}\n`).join(''))
  process.exit(FAULT)
}

/** Returns the path of the program, or ends with what to do. */
function findProgram() {
  const known = Object.keys(require('../package.json').optionalDependencies)
  // Windows on ARM runs the program for x64.
  const arch = process.platform === 'win32' && process.arch === 'arm64' ? 'x64' : process.arch
  const name = `@routewarden/cli-${process.platform}-${arch}`
  if (!known.includes(name)) {
    const names = known.map((each) => each.replace('@routewarden/cli-', '')).join(', ')
    fail(`there is no package for ${process.platform}-${process.arch}, only for ${names}.`,
      'With Rust, `cargo install routewarden` builds it here.')
  }
  const file = process.platform === 'win32' ? 'routewarden.exe' : 'routewarden'
  try {
    return require.resolve(`${name}/bin/${file}`)
  } catch {
    return fail(`the package ${name}, which has the program for this platform, is not installed.`,
      'It is an optional dependency. npm leaves it out with --omit=optional, with a lock file that was made on another',
      'platform, or where node_modules was copied from one.',
      'Remove node_modules and install again with: npm install --include=optional routewarden')
  }
}

/** Passes signals on. Ctrl-C reaches the program by itself: passed on as well it would count as a second one. */
function passSignals(child) {
  const isAtTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of SIGNALS) {
    process.on(signal, () => child.kill(signal))
  }
  process.on('SIGINT', () => { if (!isAtTerminal) child.kill('SIGINT') })
}

/** Ends as the program ended. */
function endAs(code, signal) {
  if (signal === null) process.exit(code)
  for (const each of [...SIGNALS, 'SIGINT']) process.removeAllListeners(each)
  process.kill(process.pid, signal)
  // Where the signal does not end this process, its number does, as in a shell.
  setTimeout(() => process.exit(128 + (os.constants.signals[signal] ?? 0)), 100)
}

const child = spawn(findProgram(), process.argv.slice(2), { stdio: 'inherit', windowsHide: true })
child.on('error', (error) => fail(`the program cannot be started: ${error.message}`))
child.on('exit', endAs)
passSignals(child)
