"""What the switch answers to commands, word for word, mistakes included: on both the same."""

from __future__ import annotations

from tests.contract.place import Application, Place, connected

ANSWERS = r"""
uuid_setvar UUID a b c => +OK\n
uuid_getvar UUID a => b c
uuid_setvar UUID a => +OK\n
uuid_getvar UUID a => _undef_
uuid_setvar UUID => -USAGE: <uuid> <var> [value]\n
uuid_setvar UUID a it's 'quoted' \n x => +OK\n
uuid_setvar_multi UUID ;;a=; => -ERR No variable specified\n-ERR No variable specified\n+OK\n
uuid_setvar_multi UUID =5 => -ERR No variable specified\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n
uuid_setvar_multi nope a=b => -ERR No such channel!\n-USAGE: <uuid> <var>=<value>;<var>=<value>...\n
uuid_setvar_multi UUID it's=1;that's=2 => +OK\n
uuid_getvar UUID its=1;thats => _undef_
uuid_getvar UUID => -USAGE: <uuid> <var>\n
uuid_getvar nope a => -ERR No such channel!\n
uuid_getvar UUID direction => inbound
uuid_getvar UUID destination_number => 9100
uuid_exists UUID => true
uuid_exists nope => false
uuid_exists => false
uuid_answer nope => -ERROR\n
uuid_answer UUID => +OK\n
uuid_break UUID everything => +OK\n
uuid_break nope all => -ERR No such channel!\n
uuid_fileman UUID whether => -ERR No file handle!\n
uuid_fileman nope whether => -ERR No such channel!\n
uuid_record UUID start FOLDER/r.xyz => -ERR Cannot record session!\n
uuid_record UUID start FOLDER/r.WAV => -ERR Cannot record session!\n
uuid_record UUID start FOLDER/none => -ERR Cannot record session!\n
uuid_record UUID start FOLDER/r.wav => +OK Success\n
uuid_record UUID start FOLDER/r.wav => +OK Success\n
uuid_record UUID mask FOLDER/none.wav => -ERR Cannot mask recording session!\n
uuid_record UUID unmask FOLDER/r.wav => +OK Success\n
uuid_record UUID stop FOLDER/r.wav => +OK Success\n
uuid_record UUID stop FOLDER/r.wav => -ERR Cannot stop record session!\n
uuid_record UUID start 'FOLDER/quo\'ted x.wav' => +OK Success\n
uuid_record UUID start FOLDER/two.wav 100 => +OK Success\n
uuid_record UUID stop all => +OK Success\n
uuid_record UUID stop FOLDER/two.wav => -ERR Cannot stop record session!\n
uuid_record nope start FOLDER/r.wav => -ERR Cannot locate session!\n
uuid_recv_dtmf UUID 5 => +OK UUID received DTMF 5.\n
uuid_recv_dtmf UUID 12@100 => +OK UUID received DTMF 12@100.\n
uuid_recv_dtmf UUID 1w2 => +OK UUID received DTMF 1w2.\n
uuid_recv_dtmf UUID Z => -USAGE: <uuid> <dtmf_data>\n
uuid_recv_dtmf UUID => -USAGE: <uuid> <dtmf_data>\n
uuid_recv_dtmf nope 5 => -ERR Cannot locate session!\n
uuid_bridge UUID nope => -ERR Invalid uuid\n
uuid_broadcast nope x => -ERR invalid uuid\n
uuid_broadcast UUID FOLDER/nothere.wav => +OK Message sent\n
uuid_transfer nope 9100 => -ERR No such channel!\n
uuid_kill nope => -ERR No such channel!\n
uuid_dump nope => -ERR No such channel!\n
nosuchcommand => -ERR nosuchcommand Command not found!\n
global_getvar nothere => -ERR no reply\n
global_setvar told=hello world => +OK
global_getvar told => hello world
global_setvar told= => +OK
global_getvar told => -ERR no reply\n
callcenter_config queue count members nope@ivr => 0\n
callcenter_config queue list members nope@ivr => +OK\n
callcenter_config queue load nope@ivr => -ERR Invalid Queue not found!\n
callcenter_config agent get status 1001@ivr => Logged Out
callcenter_config agent get status nope@ivr => -ERR Agent not found!\n
callcenter_config agent set status 1001@ivr Nonsense => -ERR Invalid Agent Status!\n
callcenter_config agent set state 1001@ivr Nonsense => -ERR Invalid Agent State!\n
callcenter_config agent set frob 1001@ivr x => -ERR Invalid Agent Update KEY!\n
callcenter_config agent add 1001@ivr callback => -ERR Agent already exist!\n
callcenter_config agent add 1007@ivr nonsense => -ERR Agent type invalid!\n
callcenter_config tier add nope@ivr 1001@ivr 1 1 => -ERR Queue not found!\n
callcenter_config tier set level agents@ivr nope@ivr 2 => -ERR Unknown Error!\n
callcenter_config frob => -ERR Invalid!\n
json {broken => -ERR Parse error.\n
json => -ERR No JSON supplied.\n
originate user/nobody &park() => -ERR SUBSCRIBER_ABSENT\n
originate sofia/gateway/nope/1 &park() => -ERR INVALID_GATEWAY\n
originate error/USER_BUSY &park() => -ERR USER_BUSY\n
uuid_kill UUID NONSENSE_CAUSE => +OK\n
"""
"""`command => answer`, in the order of asking; `\\n` is a line end."""


def test_the_answers_to_commands(place: Place, application: Application) -> None:
    """One call is asked everything. A cause that nobody knows is an ordinary hang-up."""
    _, session = connected(place, application)
    leg, folder = session.call.uuid, str(place.folder)
    given, expected = [], []
    for row in ANSWERS.strip().split("\n"):
        command, _, answer = row.partition(" => ")
        answered = place.api(command.replace("UUID", leg).replace("FOLDER", folder))
        given.append((command, answered.replace(leg, "UUID")))
        expected.append((command, answer.replace("\\n", "\n")))
    assert given == expected
    assert session.hung_up().cause == "NORMAL_CLEARING"
