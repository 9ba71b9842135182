// A mail server that others wrote (npm smtp-server), whose faults tests choose, and a reader of mails that others wrote (npm mailparser).
//
//   node smtp_server.mjs --modules DIR --ports FILE --log FILE --ca-dir DIR
//
// DIR of --modules is where the packages were installed:
//   npm install --prefix DIR smtp-server@3.21.6 mailparser@3.9.1
// The listeners are in FILE of --ports: starttls, smtps, plain (no STARTTLS), wronghost, expired (certificates), mute (says nothing),
// stubborn (without TLS; refuses every recipient, and never answers QUIT).
// One JSON line per event goes to the log: {"event": "login" | "rcpt" | "mail" ...}; a mail comes with what the parser made of it.
//
// The user is mailer, its password the one below; login is offered after TLS only, but on plain without TLS, so that a client could be had.
// By the recipient's local part: defer 451, reject 550 5.1.1, policy 550 5.7.1, toobig 552 after the data, drop ends the connection,
// gone ends it after the data, before the answer; hang never answers the recipient; a local part that begins with "slow" is answered after
// a second, when the data are there.
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createRequire } from 'node:module';

const args = Object.fromEntries(process.argv.slice(2).join(' ').split('--').filter(Boolean).map((x) => x.trim().split(' ')));
const require = createRequire(path.join(args.modules, 'node_modules', 'x.js'));
const { SMTPServer } = require('smtp-server');
const { simpleParser } = require('mailparser');
const note = (entry) => fs.appendFileSync(args.log, JSON.stringify(entry) + '\n');
const failure = (code, message) => Object.assign(new Error(message), { responseCode: code });

const fault = (address) => address.split('@')[0];

const onRcptTo = (recipient, session, callback) => {
  note({ event: 'rcpt', to: recipient.address, secure: session.secure });
  switch (fault(recipient.address)) {
    case 'defer': return callback(failure(451, '4.3.0 try later'));
    case 'reject': return callback(failure(550, '5.1.1 no such user'));
    case 'policy': return callback(failure(550, '5.7.1 relaying denied'));
    case 'drop': return servers.get(session.localPort).forEach((c) => c.session.id === session.id && c._socket.destroy());
    case 'hang': return undefined;
    default: return callback();
  }
};

const onData = (stream, session, callback) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  stream.on('end', async () => {
    const raw = Buffer.concat(chunks);
    const to = session.envelope.rcptTo.map((x) => x.address);
    const mail = await simpleParser(raw);
    note({ event: 'mail', from: session.envelope.mailFrom.address, to, user: session.user ?? null, secure: session.secure, raw: raw.toString('latin1'),
      subject: mail.subject, sender: mail.from.value, recipient: mail.to.value, id: mail.messageId, date: mail.date, text: mail.text, html: mail.html || null,
      type: mail.headers.get('content-type')?.value, auto: mail.headers.get('auto-submitted') ?? null, mime: mail.headers.get('mime-version') ?? null,
      headers: mail.headerLines.map((x) => x.key), list: mail.headers.get('list') ?? null });
    if (fault(to[0]) === 'toobig') return callback(failure(552, '5.3.4 too big'));
    if (fault(to[0]) === 'gone') return servers.get(session.localPort).forEach((c) => c.session.id === session.id && c._socket.destroy());
    if (fault(to[0]).startsWith('slow')) return void setTimeout(() => callback(null, 'queued'), 1000);
    return callback(null, 'queued');
  });
};

const servers = new Map();
const ports = {};
const offer = (name, certificate, options) => new Promise((resolve) => {
  const server = new SMTPServer({ key: fs.readFileSync(`${args['ca-dir']}/${certificate}.key`), cert: fs.readFileSync(`${args['ca-dir']}/${certificate}.pem`),
    authMethods: ['PLAIN', 'LOGIN'], authOptional: true, disableReverseLookup: true, closeTimeout: 100, onRcptTo, onData,
    onConnect: (session, callback) => { note({ event: 'connect', listener: name }); callback(); },
    onMailFrom: (address, session, callback) => { note({ event: 'sender', from: address.address, secure: session.secure, listener: name }); callback(); },
    onAuth: (auth, session, callback) => {
      note({ event: 'login', user: auth.username, secure: session.secure, listener: name });
      // What a server says there must not be believed to be harmless.
      if (auth.username !== 'mailer' || auth.password !== 'smtp-password-of-the-test') return callback(failure(535, `5.7.8 wrong: ${auth.password}`));
      return callback(null, { user: auth.username });
    }, ...options });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1', () => { ports[name] = server.server.address().port; servers.set(ports[name], server.connections); resolve(); });
});

await offer('starttls', 'good', {});
await offer('smtps', 'good', { secure: true });
await offer('plain', 'good', { disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
await offer('wronghost', 'wronghost', {});
await offer('expired', 'expired', { secure: true });
const mute = net.createServer(() => {});
await new Promise((resolve) => mute.listen(0, '127.0.0.1', resolve));
ports.mute = mute.address().port;
// Refuses every recipient, and never answers QUIT.
const stubborn = net.createServer((socket) => {
  socket.write('220 stubborn ESMTP\r\n');
  socket.on('error', () => {});
  socket.on('data', (data) => {
    const word = data.toString().slice(0, 4);
    note({ event: 'stubborn', word });
    if (word !== 'QUIT') socket.write(word === 'RCPT' ? '550 5.1.1 no such user\r\n' : '250 stubborn\r\n');
  });
});
await new Promise((resolve) => stubborn.listen(0, '127.0.0.1', resolve));
ports.stubborn = stubborn.address().port;
fs.writeFileSync(`${args.ports}.new`, JSON.stringify(ports));
fs.renameSync(`${args.ports}.new`, args.ports);
process.stdin.on('end', () => process.exit(0)).resume();
