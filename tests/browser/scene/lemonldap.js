// A LemonLDAP::NG portal of a test's own.
import { mkdir, readFile } from 'node:fs/promises';

import { fileOfGuide } from './guide.js';

const SHARE = '/usr/share/lemonldap-ng/portal';

/** Where everything is: what Debian's own file says, in a folder of the test's. */
const places = (folder) => `
[all]
logger = Lemonldap::NG::Common::Logger::Std
logLevel = notice
[configuration]
type = File
dirName = ${folder}
localStorage = Cache::NullCache
localStorageOptions = {}
[portal]
templateDir = ${SHARE}/templates
staticPrefix = /static
languages = fr, en
`;

/** What a web server in front does: the portal's own files, and the portal. */
const PORTAL = `
use Plack::App::File;
use Plack::Builder;
use Plack::Util;
builder {
  mount '/static' => Plack::App::File->new(root => '${SHARE}/htdocs/static')->to_app;
  mount '/javascript' => Plack::App::File->new(root => '/usr/share/javascript')->to_app;
  mount '/' => Plack::Util::load_psgi('${SHARE}/htdocs/index.psgi');
};
`;

/** Starts it with a file of the guide, and pastes what an administrator would. */
export async function startLemonldap(foreign, { issuer }, name) {
  const answer = async (path) => (await fetch(`${issuer}/${path}`)).text();
  const installed = JSON.parse(await readFile('/var/lib/lemonldap-ng/conf/lmConf-1.json', 'utf8'));
  const told = JSON.parse(await fileOfGuide(name, foreign.ports));
  told.oidcOPMetaDataJSON.psc = await answer('.well-known/wallet-openid-configuration');
  told.oidcOPMetaDataJWKS.psc = await answer('protocol/openid-connect/certs');
  const inFolder = { Directory: `${foreign.folder}/sessions`, LockDirectory: `${foreign.folder}/sessions` };
  const kept = {
    globalStorageOptions: { ...installed.globalStorageOptions, ...inFolder },
    persistentStorageOptions: { ...installed.persistentStorageOptions, ...inFolder },
    localSessionStorageOptions: { ...installed.localSessionStorageOptions, cache_root: `${foreign.folder}/cache` },
  };
  await mkdir(inFolder.Directory);
  await foreign.write('lmConf-1.json', JSON.stringify({ ...installed, ...kept, ...told }));
  await foreign.write('lemonldap-ng.ini', places(foreign.folder));
  // Debian only recommends what pictures of letters need, and the portal loads it
  // even where no form shows one.
  await mkdir(`${foreign.folder}/GD`);
  await foreign.write('GD/SecurityImage.pm', 'package GD::SecurityImage; 1;');
  await foreign.write('portal.psgi', PORTAL);
  await foreign.start('plackup', ['--host', '127.0.0.1', '--port', foreign.port, 'portal.psgi'], {
    env: { ...process.env, PERL5LIB: foreign.folder, LLNG_DEFAULTCONFFILE: `${foreign.folder}/lemonldap-ng.ini` },
  });
}

/** What the portal keeps of the person who is logged in in this browser. */
export async function lemonldapSession(context, { folder, home }) {
  const cookies = await context.cookies(home);
  const { value } = cookies.find(({ name }) => name === 'lemonldap');
  return async () => JSON.parse(await readFile(`${folder}/sessions/${value}`, 'utf8'));
}
