-- The phrases of the lexicon in English, and the words that their slots stand for; _learn() tells how they are written.

WITH slot (name, words) AS (VALUES
    ('SERVICE', 'subscription/plan/account/contract/service/licence/license/membership/agreement/renewal/workspace/tool/platform/product/software/system/package/partnership/relationship/collaboration/engagement/commitment/seat/instance/solution/you/trial/module'),
    ('WANT', 'want/wanna/need/like/wish/decide/choose/chosen/think/consider/contemplate/plan/intend/intention/going/gonna/about/ready/tempted/ask/tell/told/instructed/must/will/ll/might/may/forced/prefer/vote/try/request/please/kindly/pls/plz/just/lean/have/had/has/hereby/inclined/would/d/can/could/should/possible/option/agreed/authori*'),
    ('SUPPORT', 'support/service/helpdesk/team/csm/agent/rep/manager/consultant/staff/engineer/trainer/colleague/people/guys/communication/company/onboarding/implementation/rollout/training/documentation/docs/interface/ui/product/tool/platform/software/quality/experience/response/handling/attitude'),
    ('CHARGE', 'charge/bill/invoice/debit/payment/fee/transaction/withdrawal/price/amount/total/statement/receipt/renewal/figure/vat/tax/direct'),
    ('THING', 'dashboard/page/report/sync/integration/app/login/sso/api/webhook/email/mail/notification/alert/search/export/import/upload/download/data/screen/system/platform/site/website/portal/tool/connector/server/button/link/form/file/record/account/user/widget/chart/score/calendar/inbox/service/product/software/workspace/filter/module/feature/job/csv/tracker/contact/list/token/environment/instance/tab'),
    ('ENTER', 'log/login/sign/signin/access/enter/open/save/load/export/import/upload/download/edit/create/send/connect/reach/get/use/work/run/reset/submit/sync/update/view/generate/add/authenticate/retrieve/pull'),
    ('VENDOR', 'vendor/provider/supplier/tool/platform/solution/software/product/system/company/app/partner/offering/option/player/firm/service/suite'),
    ('LOOK', 'look/evaluate/evaluation/compare/comparison/consider/test/trial/pilot/demo/try/assess/explore/review/shortlist/shop/check/benchmark/switch/move/migrate/replace/talk/speak/meet/met/approach/contact/quote/pitch/offer/propose/proposal/interview/research/weigh/scout/see/seen/saw/investigate/go/went/gone/sign/choose/chosen/show/present/cheaper/prefer/invite/adopt/pick/roll/transition'),
    ('NAME', 'xname'),
    ('RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot/cast/hook')
), part (class, severity, weight, phrases) AS (VALUES
    -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
    ('cancellation', 'high', 0.9, 'cancel .. SERVICE
WANT .. cancel/terminate/discontinue/unsubscribe/offboard
WANT .. leave/quit/exit/drop/ditch/axe/scrap/dump/abandon .. SERVICE
want/decide/consider/think/plan/intend/going/tempted/about/ready .. leave/leaving/quit/exit
how .. cancel/terminate/unsubscribe/deactivate
we/i/me/us .. cancel
cancellation letter/request/form/fee/terms/procedure/clause/option
request/send/confirm/start/initiate .. cancellation
terminate .. our/your/the/early/effective
procedure/process/step/way .. terminate/leave/cancel/exit/close
termination .. contract/agreement/notice
notice/letter/right/clause .. terminate
early termination
end/ending/terminate .. contract .. early
discontinue .. our/use/using/SERVICE
unsubscribe .. company/plan/service/account/team
close/closing/shut/shutting/delete/deactivate/disable/remove/erase/wipe .. account/workspace/subscription/instance/tenant/organisation/organization/org
close/closing .. things/out/shop .. with/you/month
delete/erase/remove/wipe .. all .. data
want/like/need/going/decided/wish/must/will/be end/ending .. contract/agreement/partnership/subscription/relationship/collaboration/service
want/like/need/going/decided/wish/must/will .. end/ending .. contract/agreement/partnership/subscription/relationship/collaboration
end/ending our/the/this partnership/subscription/relationship/collaboration/agreement/contract
bring/draw/come .. to an end/close
stop/disable/deactivate/cancel/turn/switch/remove/opt/prevent .. auto/automatic/autorenew*/renewal/renewing
decision .. final
final decision
sunset .. you/vendor/tool/contract/platform/product/your
pause/stop/freeze/suspend/halt .. contract/subscription/agreement/plan/membership
wrap/wrapping .. account/contract/up/things .. with/account/you
want/like/need .. SERVICE .. ended/terminated/closed/cancelled/stopped/deleted/deactivated
not .. see .. staying/stay/continuing/us/ourselves/renewing .. with/past/beyond/after
request/ask/asking/application .. leave/exit/withdraw
withdraw .. from/agreement/contract/programme/program
leave/leaving .. program/programme
end/stop .. trial
not .. convert
before .. converts
exit option/options/route/date/strategy
first .. to go
chopping block
exit .. deal/contract/agreement/arrangement
not .. able .. keep/retain/maintain/continue/stay/renew/hold
can not .. keep/retain/maintain/justify/continue/renew/stay .. SERVICE/with/this/it/any
not/hard/difficult/harder .. justify .. SERVICE/spend/cost/expense/it/another/keeping/renewing
close/delete/cancel/kill .. acct/acc/sub/subs
want/wanted/need out
will/ll/would/then/might switch when/if/once/unless/to/away
redundant
without you/your .. from/next/by
seek/seeking .. exit/way
way/ways/path out
not .. green light
hand/handing/give/giving/send .. back .. licence/license/seat/subscription
hand/handing .. in .. notice
not .. make/made .. cut
delete/remove/erase/export .. our data .. at/end/month/close/account
remove/delete/erase our/all/my data
give/giving .. it/you/this/SERVICE .. up
pull/pulling/back/backing/break .. out .. contract/agreement/deal/of
not .. sign up
not .. be around/here/with .. next/year/you/longer
not .. be with you
end/stop/finish our/my/the plan/subscription/contract/trial/licence/membership
want/wanting/like/need .. pull out
latest/last date/day .. notice/cancel/leave/terminate
without paying .. another/next/full
not .. justify
not .. on .. list .. next/year/tools
no longer .. customer/member
not .. continue .. next/this/in
not .. part/fit .. plans/strategy/budget/roadmap/needs
not .. in .. budget
off .. budget/list
we/i can not .. carry/go/continue on .. with
want/wanted/need out of .. contract/agreement/this
we/i drop/dropping/ditching/ditch/dumping .. you/your/this/it
cancel .. immediately/effective/us/me/everything/today
cancel it .. immediately/please/now/effective
no .. another year/term
improve/improves/better/change/changes/fixed/resolved/sorted/solved & leave/leaving/cancel/out
if/unless & leaving/leave/cancel/switch/walk & we/i & improve/change/better/fix/not/support/happen
makes/make sense .. stay/continue/renew/keep
sense .. stay/continue/keep/renew
question .. if/whether
end .. SERVICE & please/today/hereby
we .. be leaving
prepare/plan/organise/organize/initiate/arrange .. exit/departure/offboarding/termination
leaving you/your
decided against .. extending/renewing/another/continuing/it
earliest possible
close/shut/shutting/delete/end/deactivate .. environment/instance/tenant/space/organisation
not .. for us
not .. right fit/tool/choice/solution/product
not .. good fit
give/giving .. up .. contract/software/tool/licence/license/subscription/plan
take/taking .. business/custom/money .. elsewhere/else/away
somewhere else
business elsewhere
think/believe .. not .. renew
not .. think/believe .. renew/stay/continue/extend
give/giving/send/return/returning/hand .. licences/licenses/seats .. back
whether .. keep/renew/stay/continue .. SERVICE/with
consider/discuss/debate/review .. whether/if .. keep/stay/continue/renew
return .. licences/licenses/seats
project .. stopped/cancelled/ended/closed & licences/licenses/contract/tool/subscription'),
    -- Not going on.
    ('cancellation', 'high', 0.9, 'not/never/against .. renew/extend/prolong/roll/rollover
not/never .. sign/signing/resign .. another/again/next/new/renewal/year/extension
not .. sign/signing .. for
not .. be sign/signing/staying/stay/continuing/continue/renewing/returning
contract/agreement/subscription/licence/license .. not .. renew/extend/continue
not .. auto/autorenew*/automatically
not .. want/take/approve/fund/pay/budget/commit/buy/go .. another/next year/term/round/renewal/period
not .. approve/fund/budget .. renewal/year/licence/license/this/it/SERVICE
we/i .. not .. continue/proceed/carry
not .. continue/proceed .. with/after/beyond/past/contract/subscription/service/pilot/trial
we/i .. not .. move/moving/go/going ahead/forward/further/through
doubt/unlikely/refuse/reluctant/hesitant/hesitate .. renew/sign/extend/continue/stay/prolong/keep
renew/renewal/staying/stay/extend/continue & doubt/unlikely/unsure/fence/reconsider/rethink/hesitant/uncertain
not .. sure/certain/convinced/see/worth .. renew/stay/continue/staying/keep
decide/debate/question/reconsider/discuss/rethink .. whether/if .. renew/continue/keep/stay/need
reconsider/rethink/question .. contract/subscription/renewal/relationship/partnership/future
no/any/good/one reason .. stay/renew/keep/continue
non renewal
no longer need/use/require/want/wish/interested/continue/be
no longer .. need/use/want/continue
not .. need/use/using/require/want .. you/it/SERVICE .. any/anymore/longer
not .. need/require/want .. this/it/you/SERVICE .. after/from/next/beyond
not .. need .. licence/license/tool/platform/subscription/product
not .. use/using .. SERVICE .. any/anymore/enough
no .. use .. for it/this/your/the
stop/stopping using .. tool/platform/service/product/software/it/this/you/your
stop/stopping .. paying/subscription/service
let .. lapse/expire
let .. SERVICE .. go/lapse/expire
out of .. contract/agreement/commitment/subscription/deal
better off without
do without you/your/it/the/this
last year/quarter/month/term/renewal/contract/season/day .. with you/your/as
our last year/quarter/term/renewal
last day/month/year as .. customer/client
part/parting ways/company
walk/walking away
move/moving/step/stepping/transition away from
jump/jumping ship
pull/pulling .. plug
cut .. ties/loose/losses
call it quits/a
throw* .. towel
say/saying/wave goodbye
goodbye .. contract/service
wind/winding .. down
opt/opting .. out .. renewal/contract
opting out
back out .. contract/agreement/deal
get/getting rid of .. SERVICE
take/taking .. business elsewhere
go/going/look/move elsewhere
on .. way out
exit/leave/leaving .. before/at/when/after/by .. term/end/contract/year/renewal
leaving/exit .. platform/vendor/contract/service/term/you
exit clause/fee/terms/plan/strategy/process
offboard
notice period
give/giving/serve/hand/handing .. you/our .. notice
formal/official/written notice
lose/losing us/me .. customer/client/as
lose us/me
zero seats/licences/licenses/users
down to zero
cut/cutting/chop/axe/eliminate .. your/this/the .. tool/subscription/licence/license/software/contract/service
axe/chopping/cut list
list .. axe/cut/eliminate
give/giving up on .. SERVICE
we/i/am/are done with/here
we/i am/are/m/re done
we/i re/are/am/m out
out of here'),
    ('cancellation', 'medium', 0.35, 'cancel
terminate
budget cut/gone/freeze/frozen/slashed
downgrade .. free/basic
cut/cutting costs
end date
penalty/fee & leave/early
not .. bill/charge .. again/anymore
stop paying
sunset
not .. year
leave/leaving you
churn
save/saving money
not .. budget
redundant
keep/keeping .. subscription
nobody .. use/uses/champion
not convince
bad/sad news
part ways
licences back'),
    ('cancellation', 'low', 0, 'not cancelling
not/no/never/without .. want/wish/plan/going/intend/intention/think/mean/say .. cancel/leave/quit/terminate
not/no/never .. intention/plan/thought/desire .. cancel/leave/quit/terminate/switch/of
cancel .. meeting/call/slot/appointment/flight/room/session/request/workshop/booking/reservation/invite/invitation/demo/task/order/ticket/event/dinner/lunch/trip/training/visit/webinar/report/export/import/job/email/reminder/campaign/seat/registration/hotel/sync/upload/button/kickoff/review/qbr/standup/class/course/lesson/friday/thursday/wednesday/tuesday/monday/tomorrow/tonight/survey/run
meeting/call/slot/appointment/flight/room/request/workshop/booking/demo/task/event/training/visit/train/session/webinar/reservation/order .. cancel
on/from/parental/maternity/sick/annual/paternity leave
leave .. message/comment/note/feedback/review/voicemail/field/blank/empty/open/it/office/room/tomorrow/early/out/question/team
leave .. as is
out of .. office/town/memory/date/sync/stock/scope/seats/licences/licenses
we/i re/are/am/m out on/until/this/next/today/tomorrow/for
not .. want/plan/intend/going/thinking .. leave/cancel/quit
terminate .. session/process/job/connection/user/employee
we/i .. not .. renew .. yet
though/although/since/after/because .. cancel .. in/last
glad/happy/good .. not .. leave/cancel
if/when/once a/an/the/my/our/one/some customer/client/user/account/contact .. cancel/leave/churn/terminate/want/stop/quit/close
my/our/of/your/a/which/these/those customers/clients/customer/client .. cancel/leave/churn/terminate/quit/leaving/renew/threaten/think/want
customers/clients .. cancel/churn/leave/renew/terminate
predict*/reduce/prevent/forecast/detect/calculate/dashboard/report/score .. churn
churn rate/score/risk/report/dashboard/reason
someone/somebody/anybody/user/employee/colleague leave/leaves/left
employee/colleague/user/admin/member .. leave/left
where .. see .. cancel
used/nearly/almost .. cancel .. but
policy .. cancel/terminate
cancellation policy
will/does/do .. renew .. automatically
how/where do/can/to i/we .. not renew
delete/remove/disable/deactivate .. test/demo/duplicate/sandbox/old account/user
test/demo/duplicate/sandbox account
cancel .. yet/but/still
feature .. dropped
although/though .. cancel
bill/charge .. although/though/after
how .. many customers
leave/leaving .. company/job/firm/organisation/organization/position/team
our own cancellation
cancel .. playbook
thank/thanks .. sorting/for'),
    ('cancellation', 'low', -1, 'changed our/my mind
glad/happy we stayed/renewed
decided .. to stay'),
    -- Complaint: words that are one by themselves.
    ('complaint', 'medium', 0.9, 'disappoint*
unaccept*/inaccept*
unhappy/displeased/discontent/dismayed/appalled/disgusted/disheartened/aggrieved/offended/insulted
not .. happy/satisfied/pleased/impressed/amused/thrilled/delighted
frustrat*/exasperat*/infuriat*/irritat*/annoy*/aggravat*/madden*
dissatisf*/unsatisf*/underwhelm*
terrible/awful/horrible/appalling/dreadful/lousy/pathetic/abysmal/atrocious/shocking/dismal/horrendous/disgraceful/lamentable/deplorable/horrid/ghastly
useless/worthless/hopeless/pointless
ridiculous/ludicrous/laughable/absurd/insane/farce/farcical/circus/shambles/fiasco/disaster/nightmare/chaos/chaotic/mess/messy/joke/mockery/scandal/outrage*/shame/shameful/disgrace/embarrassing/embarrassment
rude/impolite/arrogant/condescending/dismissive/patronising/patronizing/disrespect*/unfriendly/aggressive/hostile/insulting
unprofessional/amateur*/incompet*/clueless/unhelpful/sloppy/shoddy/careless/negligent/negligence/unreliable/untrustworthy/dishonest/inept/unresponsive
crap/crappy/rubbish/garbage/trash/shit/bullshit/sucks/damn/bloody/wtf
waste/wasted/wasting .. time/money/hours/day/days/effort/budget
clunky/cumbersome/buggy/unintuitive/confusing/convoluted/overcomplicated
we/i/am/are/re/m/very/so/is/boss/team/director/really/getting/pretty .. angry/furious/livid/upset/enraged/fuming/pissed/mad
angry/furious/livid/fuming .. with/at/about you/your/this/that
mediocre/subpar/substandard/underperform*
overpromis*/underdeliver*/letdown
regret .. choosing/signing/buying/experience/decision
excuses
worst
complain/complaining .. about
file/make/raise/lodge/formal/register/submit/official .. complaint
have/my/our complaint/grievance
whoever .. designed/built/wrote/made
late/minutes .. unprepared/late
quality .. dropped/declined/worse/down/gone/poor/suffered/deteriorat*
deteriorat*/worsen*
told .. would .. ship/come/be/arrive/have
only matter/care/hear/contact/call/remember/important .. when/if
never .. used it
not .. be/been/is/at acceptable/tolerable
not .. delivered .. promised/what/agreed/yet
never/nobody/not showed/turned up
did not show/turn up
took/takes/taking .. twice/longer .. as/than
talk/speak/reach .. human/person
zero/no/not .. replies/replied
hard/difficult/impossible .. talk/reach/get .. human/someone/person/hold/anyone
half .. features .. not
close/closed .. ticket/case .. without/even
closed .. without .. look/looking/solving/fixing/asking/reading
treated/treat .. like/as .. if/bothering/second/number/we
what .. is/s .. the point
who/that never call/calls/answers/replies/shows/delivers/listens/responds
never call/calls/called/answers/answered/replies/replied/responds/responded/listens/delivers/returned/returns
advertise/promise/sell/sold .. not .. exist
asked .. days/weeks/months/week/month ago
days/weeks/months .. ago .. nothing/still/nobody/no
want/wants nothing to do with
stars/points out of
out of .. stars/ten
so/too/overly/very/needlessly complicated/confusing/cumbersome/convoluted
take/takes/took ages
cheeky/cheek/unbelievable/incredible/audacity/nerve
how often/many .. do/must/should/have/need .. i/we
how many times
how much longer
how long .. does it take .. get/answer/reply/you
not .. get/got/had/received/have .. answer/reply/solution/callback
not .. had/got/received/get/have response .. from/to
third/fourth/fifth/second time .. now/already/we/moved/postponed/this
promised .. call/callback/back/fix/solution/feature/deliver/training & not/never/nothing/nobody
missed .. deadline/date/deadlines
you .. missed .. meeting/call/appointment
no/without .. agenda/preparation/structure
left .. hanging/alone/dark
in the dark
on our own
keep .. telling
nobody/noone .. bother
not .. level .. service/support
can not/not/hardly .. say .. thrilled/happy/impressed/satisfied/delighted
wish .. had/would/never & you/your/never
lip service
no/zero/little value
not .. deserve
is/be/are/was/quite/simply not acceptable/tolerable
not .. thrilled
unbearably/ridiculously/incredibly slow
how slowly/slow .. handled/answered/you/my/requests
rushed
nobody/none/noone .. understood/understand
asking/asked/requesting/begging .. since/for .. weeks/months/january/february/march/april/may/june
nothing .. changed/done/improved
taken/take .. seriously
not .. serious
keep/keeps giving .. up
not .. reply/answer/acknowledge
you/they/nobody/support/team/agent/manager/who/he/she not .. respond
should not .. take/be/have/need/happen/cost
should/shouldn .. not .. take/have
patience & thin/end/over/out/limit/lost/losing/tested/wearing
documentation/docs/manual/help/guide/examples .. out of date/outdated/wrong/incomplete/missing/useless/misleading
documentation/docs/manual/guide .. outdated/wrong/incomplete/lacking/useless/misleading/nonexistent
out of date
more bugs/problems/trouble/issues/questions/work .. than
more .. than .. solves/helps/features/answers/worth
nobody/noone/anyone/somebody .. test/tested/checked/check/think/thought/proofread
explain/explained/repeat/repeated/told .. three/four/five/several/many/different/same .. times/agents/people/persons/thing
same thing/question/story/issue/problem/answer/mistake .. again/over/every/three/different/agents/times/week
why do/must/should/am/are/does we/i/it .. have/always/still/still/take
has/have become .. worse/unusable/unreliable/difficult/impossible
unreliable/unstable/inconsistent/unpredictable/disorganised/disorganized/inattentive/lazy/indifferent/unfair/unjust/misguided
not .. understand/comprehend why/how .. you/it/this/anyone/that
zero/little/no .. help/effort/interest/guidance/support
not .. help/helpful/helping .. at/us/me/all
waited/wait/waiting .. for .. days/weeks/hours/months/nothing
kept waiting
not .. once .. apolog*/sorry/call/ask
not even/once .. apology/sorry/reply/call/answer/an/apologise/apologize
embarrass*/humiliat*
losing .. faith/trust/confidence/patience/hope
struggle/struggling .. to get .. answer/help/support/response
far too/much long/complicated/slow/many/complex/little
took .. far/way/too/much .. long
cannot/can not rely/trust/depend
hard .. to .. trust/believe/recommend
not recommend
never recommend
wish .. never/had/someone/you
since .. nothing .. happened/changed/heard/improved
not .. matter/important/care .. to/for you
small .. customers .. matter
nobody/noone/none & called/call/contacted/replied/answered/responded/back & not/although/promised/yet/still/despite
one more .. mistake/error/failure/time
another .. mistake/error/failure .. and/like
nothing happened since/after/despite/yet/until
without .. warning/asking/informing/notice/consulting/explanation
make/making/made .. simple/easy .. hard/difficult/complicated
happened .. again & mistake/promised/nothing
another week/month/day .. without/no/and
without/no .. reaction/progress/movement/improvement .. from/at/since
promised .. and .. never/not/nothing/nobody & call/workshop/training/feature/fix/visit/meeting/it/help
on hold
hotline/helpline/support .. disaster/useless/joke/nightmare
never .. took place/happened/came/arrived'),
    -- Complaint: idioms, patience and trust.
    ('complaint', 'medium', 0.9, 'fed up
sick/tired/weary of
had enough
enough is enough
had it with/up
ve/have/has had it
end of my/our rope/tether/patience/wits
wits end
last/final straw
beyond a/belief
los*/lost/out/shake/shaken/dent/erode/little/no/zero .. patience/confidence/trust/faith/credibility
patience .. out/over/end/thin
let .. us/me/down down
let us/me down
black hole
step/steps/move .. backward/backwards/back/down
step .. wrong direction
going/gone downhill
worse/slower/harder than/since/with/every/now
everything/things/made/got/getting/even/become .. worse
fall/fell/falls/falling .. short
leaves/left .. lot/much .. desired
far from .. expect/ideal/promised/acceptable/good/professional
below/beneath .. expectation/expectations/standard/standards/par/average
not .. up to .. standard/scratch/par/expectation/mark/promise
not .. good enough
not great/cool/fair/right/ok/okay/serious/professional/ideal/nice/normal/funny/helpful
expect .. better/more
hoped for/we/to .. more/better
deserve/deserves better/more
not .. what .. promised/sold/agreed/expected/told/paid/signed/pay/bargained/ordered/need/advertised
nothing like .. promised/sold/demo/expected/told
level of .. service/support .. pay/paid/expect
for .. price/money .. expect/pay
out of line/order
poor/bad/weak/terribl*/sad .. SUPPORT
SUPPORT .. is/was/were/been/has bad/poor/weak/slow/rude/lacking/nonexistent/broken/dead
very/really/so/extremely/pretty/that/just/quite/how bad/poor/badly/poorly
badly/poorly handled/managed/designed/prepared/organised/organized/documented/trained/explained/run/done/executed
handled/treated/managed .. badly/poorly/terribly/like
lack/absence of
no/zero/little .. respect/ownership/empathy/accountability/transparency/communication/urgency/interest
not .. respect/care/bother/listen .. us/customers/clients/about/to/our
not .. seem/appear .. care/bother/listen/know/understand
hate/hates/despise/detest/loathe
joke/mess/pain
pain in
not .. worth
not .. value .. pay/money
feel/feeling/felt .. cheated/misled/lied/stupid/ignored/neglected/abandoned/forgotten/unheard/undervalued/unimportant/scammed/second/like
misled/misleading/deceived/deceptive/lied/lying/scam/ripped
how .. treat
never/not .. been/be treated/spoken
hung up
way .. spoke/talk/treated/handled/dealt .. us/me/to/with/this/our
talk/spoke/talked down
attitude
not .. way .. treat/run/do/work
not .. go on
how .. you .. dare/sleep'),
    -- Complaint: nobody answers, again and again, promises.
    ('complaint', 'medium', 0.9, 'nobody/noone/none .. reply/answer/call/help/respond/care/listen/know/knows/take/bother/read/follow/react/show/contact/told/informed/own/solve/fix/seem
no one .. reply/answer/call/help/respond/care/listen/know/take/who/bother/read/follow/react/show/contact/told/informed/own/solve/fix/seem
nobody/noone .. got/gets/getting/came/come/gotten back
no .. response/reply/answer/reaction/feedback/follow/followup/progress/explanation/apology/news/sign/acknowledg*
no update/updates
without .. reply/response/answer/update/explanation/apology
still no/nothing/not/unresolved/unanswered
still .. not .. deliver/fixed/resolved/solved/answered/heard/received/seen/had/replied/addressed
still .. waiting/open/pending/unresolved
remain/remains/left/gone/go/went unanswered/unresolved/ignored/unaddressed
not .. heard back/anything/from
been waiting
waiting .. weeks/days/months/ages/forever/long/hours/since
when/will .. finally
weeks/days/months/fortnight/ages .. reply/answer/respond/response/resolve/fix/nothing
weeks/days/months .. to get
takes/took/taking/take .. weeks/days/months/fortnight/ages/forever .. to/reply/answer/for/before
ticket/case/issue/request/tickets .. takes/take/took/taking/open/ignored/unanswered/closed .. weeks/days/months/since/without/fortnight/ages/and
ticket/case/issue/request/bug .. open/sitting/pending .. since/for/weeks/months
second/third/fourth/fifth/sixth/tenth/nth/umpteenth/hundredth time/request/reminder/message/email/attempt/ticket
times/twice .. already/now/and & write/wrote/ask/asked/call/called/email/report/reported/explain/told/contact/mention
over and over
time and again/time
once/yet again
write/wrote/asked/called/emailed/reported/contacted .. again & answer/nobody/anybody/there/read/nothing/still
automated/automatic/canned/generic/scripted/robotic/standard/copy/boilerplate .. answer/answers/reply/replies/response/responses/paste/message/messages
run/running/going/talking .. circles
runaround
passed/pass/bounced/bouncing/sent/shoved/pushed/handed/transferred/shuffled/ping .. from/around/between/pong/along/person
pillar to post
blame/blaming/finger/point .. us/each/other/pointing
ghosted/ghosting/crickets/stonewall*/fobbed/brushed
radio/total/complete/deafening silence
silence .. since/from
ignore/ignoring/ignored us/me/our/my/again/for/completely
feel/feeling/felt/being/been/are/am .. ignored/neglected/abandoned
is/are/does/do anyone/anybody/someone .. there/listen/read/care/alive/work/reading/listening
anyone/anybody .. reading/listening/there/home/care
nothing .. resolved/done/changed/improved/fixed/changes/improves/solved/better/moves/progress
nothing .. but .. automated/excuses/promises/trouble/problems/answers
explain .. again/times/everything/time/over/new/each/every/person
repeat/repeating .. myself/ourselves/story/everything
start/starting .. from scratch/zero/over
was/were/we promised/assured/told .. but/yet/by
assured/promised .. by now/last/ago/week/month
broken/empty/false/unkept/kept .. promise/promises/word
not/never/none .. deliver/delivered/kept/keep/honour/honor .. promise/promised/word/date/commitment/what
dates/deadlines/deadline/date .. none/missed/slipped/slip/postponed/moved/kept/broken
delays .. hurting/unacceptable/again/costing
no show
chasing/chased/chase
escalate/escalating .. this/manager/supervisor/management/boss/director/issue/ceo
speak/talk .. manager/supervisor/boss/superior/charge/director
never .. mentioned/told/informed/warned
too long
for/in/been weeks/months now
lost .. day/days/week/weeks/hours
had/has/have no clue/idea
not .. have a clue/idea
not .. know .. product/own/doing/talking
unprepared/ill prepared
why .. so hard/difficult/complicated/slow/long/many
too/so/very/overly/needlessly/unnecessarily/way/far complicated/complex/confusing/difficult/many/hard .. to/use/clicks/for/bugs/problems/steps
more clicks/steps/work .. than
adoption .. nowhere
missing half
keep/keeps/kept/constantly/always/constant .. asking/changing/postponing/rescheduling/problems/issues/bugs/breaking/promising/moving/forget*/closing
does .. not .. help
please .. answer & time/times/request/reminder'),
    ('complaint', 'medium', 0.35, 'again
complain/complaint
slow
bad/badly
poor/poorly
problem/problems
ages/forever
enough
promise
urgent
serious
seriously/honestly/frankly
sad/sadly
hard/difficult
concern*
weird
late
unprepared
again .. and
by now'),
    ('complaint', 'low', 0, 'no/not/never/without/less/zero/any .. complaint/complaints/complaining/complain
my/our/of/your/these/which customers/clients .. unhappy/angry/dissatisfied/frustrated/satisfied/complain/disappointed/upset/happy/unresponsive
unhappy/angry/dissatisfied/frustrated/at customers/clients/customer/client
complain less
sorry .. slow/late/delay/silence/wait/waiting/mess/confusion/chasing/chase/trouble/inconvenience/bother
apolog*
see you again
again thanks/thank/soon
thanks/thank .. again
not disappointed/frustrating/bad/unhappy/complaining/angry/urgent
never .. disappoint
no rush/urgency/hurry/worries/problem/problems/issues
no .. answer/reply/response needed/necessary/required
not .. waste .. time
not/nothing .. serious/urgent/wrong
bad/poor connection/weather/luck/timing/line/health
worst case
wait .. see/approval/legal/signature
not .. too long
cross sell
you .. helped .. again
not .. expect .. quick/fast/so
all good/fine
server/api/system/endpoint/app/page/website .. not .. respond/answer/reply
documents .. out of date
our/my .. data/list/contact/contacts/info .. out of date
alert/load/loading/page/app .. slow/forever'),
    ('complaint', 'low', -1, 'keep up .. work
please ignore/disregard
ignore/disregard .. message/email/last/previous'),
    -- Billing.
    ('billing', 'medium', 0.9, 'charged/bill/invoiced/pay/paid/debited/invoice/payment/money .. twice/double
charge/bill/debited/paid .. two/three times
double/doubly/duplicate/identical/same/second/two/another .. charge/charged/bill/billed/billing/invoice/invoiced/payment/payments/debit/debits/withdrawal/withdrawals
overcharg*/overbill*/overpaid/overpaying/overpayment/miscalculat*/misbill*/mischarg*
still/keep/keeps/kept/continue .. charged/billed/invoiced/charging/billing/invoicing/paying/pay
charge/bill/invoice .. although/wrong/wrongly/incorrectly/even/despite/instead/without
charge/bill/invoice .. for .. another/seats/users/licences/licenses/annual/never/months/deleted/removed/nothing/something
charge/bill/invoice/paying & never/cancelled/canceled/deleted/only/left/gone/inactive/agreed/free
charge/bill .. more/extra/too/higher
CHARGE .. wrong/incorrect/mistake/error/mistaken/inaccurate/odd/strange/weird/discrepancy/excessive/off/unclear/differ/inconsistent/erroneous/inflated/twice/missing/different/high/higher
wrong/incorrect/mistaken/inaccurate/erroneous/strange/weird/odd/mysterious/unexplained/unexpected/unauthori*/unknown/unfamiliar/hidden/surprise/surprising/excessive/disputed/extra/discrepancy/mistake/error/errors/issue/problem .. charge/bill/invoice/amount/fee/fees/cost/costs/payment/price/vat/debit/currency/billing/statement/invoicing/line
not .. order/authori*/agree/recogni*/request/approve/sign/buy/bought/ask & charge/bill/invoice/fee/amount/pay/line/item/price/transaction
never .. order/authori*/agree/recogni*/request/approve/sign/buy/bought/ask/use & charge/bill/invoice/fee/amount/pay/line/item/price/transaction
invoice/bill/charge/statement .. includes/include/contains/shows/lists/has/for .. never/not/we/module/wrong/more/extra
not/never .. add/adds .. up
numbers/figures/amounts/math/total/maths .. off/wrong/not
CHARGE & not .. match/correct/agree/correspond/right/reconcile/tally/reflect/apply
discount/credit/voucher/promo/rebate/coupon & not/missing/never/forgot/forgotten/promised/without/disappeared
reimburse
money/cash/deposit back
get/want/need/give/send/return .. money back
return .. money/payment/overpayment
when .. get .. money
credit note
issue/owe/owed .. credit/us
reverse .. charge/transaction/payment/fee/invoice
chargeback
dispute/disputing/disputed/contest .. charge/invoice/fee/bill/overage/amount/payment/it
disput*
overage
already paid/settled
paid & reminder/reminders/overdue/dunning/late/unpaid/outstanding/notice/notices/blocked/suspended/collection/still
dunning/overdue/collections & paid/pay/wrong/why/mistake/although/never
reminder .. invoice/payment & paid
not .. owe
card/payment/transfer/transaction/checkout .. declined/decline/rejected/refused/fail/failing/bounced/error/blocked
payment/card/checkout .. not .. go/going/accept/accepted/work/process/through
not .. pay/accept/process/take .. card/invoice/online/payment
direct/bank/standing debit/order/transfer .. returned/failed/wrong/rejected/twice
why .. bill/invoice/price/charge/pay/paying/cost/renewal/fee
what .. charge/fee/amount .. for
charge/bill/invoice/account/took & what for
explain/clarify/justify/breakdown/understand .. charge/fee/fees/amount/invoice/bill/increase/line/price
price/bill/cost/costs/fee/fees/renewal/rate/subscription/quote .. gone/went/going/goes/go up
price/cost/fee/rate/renewal/quote/bill/subscription/invoice .. increase/hike/jump/jumped/raise/raised/rise/rose/doubled/tripled/double/triple/higher/surged/climbed
increase/hike/raise/raised/jump/uplift/rise .. price/fee/cost/renewal/rate/percent/rates
too/so/very/extremely/ridiculously/overly/quite/pretty/getting/really/far/become expensive/pricey/costly/high
too expensive/pricey/costly
overpriced/exorbitant/unaffordable
not .. afford
cannot afford
fee/fees/price/prices/cost/costs .. too/very/so high
expensive .. for/than
factura/fatura .. wrong/incorrect
remove .. invoice/fee/fees/charge/line
invoice .. dollars/euros/currency/pounds .. contract/but/instead
pro rata/prorated/prorata/prorat* & off/wrong/calculation/supposed/not/why
supposed .. pay/free
free .. but/yet/still & charge/bill/invoice
paying .. too much
pay/paying .. more than
paying .. for .. not/unused/never/nothing
credit/compensat* .. downtime/outage
compensate/compensation
setup/activation/hidden/cancellation fee
vat/tax/purchase .. wrong/incorrect/missing/not/twice
invoice .. wrong/old/different .. entity/company/address/name/vat/currency
correct/reissue/rectify/amend/fix/redo/revise .. invoice/bill
billing .. error/mistake/issue/problem/mess
invoice .. not .. right/what
higher/more than .. quote/agreed/offer/order/budgeted/contract/quoted/usual/invoiced/signed
took/taken/debited/withdrawn/withdrew/deducted/deduct/pulled/taking .. from .. account/card/bank/us
took/taken/debited/withdrawn/withdrew/deducted .. account/card/money/bank/twice
took/debited/withdrew/deducted .. eur/usd/euros/dollars/pounds/gbp/payment
discrepancy/difference/mismatch/gap .. quote/invoiced/invoice/agreed/contract/charged/order/bill
promised/agreed/told .. off/discount
offered .. percent off
prices/pricing/costs/fees .. out/hand/control/ridiculous/crazy/insane/high/climbing/steep
iban/swift .. invalid/wrong
vat/tax/po .. id/number .. missing/wrong
missing .. invoice
invoice .. missing
still .. on .. invoice/bill
not .. match .. quote/contract/order
price .. comes/come down
debited .. card/account/again
yet/but/still .. debited/charged
half .. month .. charged
steep/hefty
late/penalty/interest/extra fee/fees
charged .. dollars/euros/pounds/eur/usd/gbp/accident/immediately
reject/refuse/decline .. card/payment
taking money
new/higher price/prices/pricing/rate/fee & not/can/afford/budget/too/end/cancel/carry
full price
full/wrong price/amount/rate .. billed/charged/instead
not .. pay .. for .. it/this/that/these
not .. going/willing .. pay
charge/bill/invoice .. instead/rather
invoice .. lists/shows/states/says .. although/but/while/months/instead
money .. back .. yet/still
not .. got/had/received/seen .. money
be undone/reversed/refunded
amount/price/rate .. not .. what
wrongly/incorrectly/mistakenly charged/billed/invoiced/debited
additional charge/charges/fee/fees
get/want/give/issue/where/when/still/request/need/claim/demand/like/owe/due/no/my/our/full/partial/process/expect/promised/waiting/please .. refund
refund .. me/us/last/payment/double/amount/missing/not/still/yet/difference/months
only have/are/use .. users/seats/licences/licenses/people/employees
wrong .. tax/vat/rate/price/quantity
two invoices
only & charge/bill/invoice
not .. got/had/received/seen/get .. refund/reimburse*/credit
refund & not/announced/promised/yet/still/ago
raise/raised/increase/increased/hike .. price/prices/fee/fees & without/why/not
correct/fix/adjust .. amount/price/total/vat/bill
reminder/reminders .. paid
should .. be & amount/invoice/bill/price/charge'),
    ('billing', 'medium', 0.35, 'invoice
charge
bill/billing
explain .. charge/fee
payment
price/pricing/expensive
paid
wrong/incorrect/mistake/correct
extra'),
    ('billing', 'low', 0, 'thank/thanks/appreciate/glad/great .. refund/invoice/credit/bill/discount
no/not .. need .. refund/credit/reimburse/invoice
invoice/bill is/was/are/were/looks correct/right/fine/ok/good/perfect
refund/credit/payment/money .. arrived/received/came/landed & thanks/thank/settled/great/today
future/upcoming/next/all invoice/invoices .. to
refund/billing/pricing/payment policy/terms/page/model/address/cycle/contact/method
policy .. refund/refunds
change/update .. payment/billing/card/invoice .. method/address/details/email/contact/card
send/resend/forward/share/get/need/have .. copy/pdf/invoice/invoices/receipt .. for/to/please/of/as/in/copy
could/can you .. send .. invoice
paid .. invoice .. today/yesterday/you/now/thanks
just/have/has paid
customer/customers/client/clients .. pay/paid/invoice/overdue/refund/unpaid/price/charge
my/our/of .. customers/clients & invoice/refund/overdue/pay/unpaid/billing
in/free of charge
person/who/manager/team .. charge
no extra/additional charge/cost/fee
price/pricing list/page
bill is
price/prices comes/come down
what would/will/does/do .. cost
is/are there .. cost/costs/fee
thanks/thank .. for .. sorting/refund
refund .. recorded/policy/works
how .. is .. refund
deactivate .. account
where .. see .. invoice
which/when .. invoice .. paid/due'),
    -- Outage.
    ('outage', 'high', 0.9, 'is/are/s/re/went/goes/was/been/keeps/still/completely/all/gone/be down
down again/since/for
site/app/system/server/platform/everything/api/portal/service/login/website is/s/went/are/was/down/seems/appears/totally/completely down
down .. everybody/everyone/users/all
blackout/unavailable/unreachable/inaccessible/unresponsive/inoperable
not .. available/reachable/accessible/usable
500*/502*/503*/504*/404*/429*/401*/403*/408* .. error/errors/when/on/all/again/response/responses
error/errors/code/returns/return/get/getting/see/throws/with/status/http .. 500*/502*/503*/504*/404*/429*/401*/403*/408*
internal/server/gateway/connection/network/application/unexpected/unknown/fatal/script/authentication/validation/critical/database/javascript error/errors
bad gateway
get/see/show/receive/throw/return/give/keep/display/have/has/getting/say/says/ends/end/same/strange/with .. error/errors/timeout
error message/page/when/every/while/after/on/since
this/an/same/keep/get/getting/the/strange error code
fail/exception .. THING
error/errors/bug .. in/on/with/when/the/our THING
not .. log/sign/get in/on/into
not .. login/access/connect/load/open/start/respond/sync/synchronize/work/arrive/run/refresh/render/fire/trigger/export/upload/download/import/deliver/delivered/save/launch/authenticate/return/opening/reach/boot/process/function/react
THING & not .. show/appear/update/visible/complete/finish/coming/come/send/sent/go/get/display/let/allow/there
not .. let/allow .. me/us/anyone/users/you
no .. emails/mails/data/notifications/alerts/webhooks/results/messages/calls/records/updates .. come/coming/arrive/arriving/since/through/in/anymore/at/received
can not .. ENTER
unable/impossible/struggling .. ENTER
ENTER .. impossible
not .. able/possible .. ENTER
not .. be/been able .. ENTER
nobody/noone/none/neither .. log/get/access/open/load/login/work/works/sign/use/enter/able/arrive/sync/coming/come/arrived
no one .. log/get/access/open/login/work/sign/use/enter/able
trouble/problem/problems/issues/issue/difficulty/difficulties/hiccups .. log/logging/login/access/getting/loading/connecting/sync/syncing/opening/server/signing/sso/api
having/experiencing/have .. trouble/problems/issues/difficulties .. with/on/since .. THING
locked/kicked/thrown/logged/booted/logging/logs/kicks/throws/signs/stuck/shut me/us/users/everyone/out/outside
locked/kicked/thrown/logged/logging/kicks .. out
nothing .. load/work/sync/appear/show/open/save/respond/move/update/through
returns/shows/displays/gives/return .. nothing/empty/blank/zero/wrong
does/did/do nothing
not .. do/doing anything
THING .. stop/stopped/broke/broken/hangs/hung/dies/died/dead/stalled/stuck/glitchy/flaky/unstable/collapsed/corrupted/misbehaving/frozen
no longer work/load/open/sync/respond/connect/start/arrive/run/update/show/function/appear
crash/crashed/crashing
time/times/timed/timing out
timeout/timeouts
blank/white/empty/black/grey/gray .. screen/page/window
dashboard/page/screen/report/list/file/export/chart/widget .. blank/empty/white/missing
THING .. broken/broke/breaks
broken/broke/breaks .. since/again/for/after/down/now/today/completely
is/are/s/totally/completely/still/been broken
disappeared/vanished/wiped/erased
data/records/dashboards/reports/contacts/notes/files/everything/accounts/customers/tasks/integration .. missing/gone/lost/deleted
lost .. data/records/work/notes/history
stuck
fail/failing/failure .. THING/since/every/again/with/for/all/to
THING .. fail/failing/failed/failure/error/errors/bug
keep/keeps/kept failing/crashing/freezing/logging/disconnecting/spinning/loading/asking/dropping/hanging/buffering/reloading/timing/breaking
disconnect/disconnects/disconnected/disconnecting
spin/spins/spinning/spinner/hourglass
something went wrong
out of service
no service/connection/access
invalid session/credentials/token/password
session .. expire/expired/invalid/ends
never arrive/arrives/come/comes/loads/load/finish/finishes/completes/sent/opens
not .. any .. message/messages/webhook/webhooks/notification/notifications
not .. come/coming/go/going through
not .. come/came/coming in/through
system .. unreachable
emergency
malfunction
takes/take/taking/took .. minutes/forever/ages/hours/eternity/seconds .. load/open/to/respond/run/for
minutes .. load/open/respond/render/run/page
slow .. unusable/use/work/crawl/can
lag/laggy/lagging/sluggish/crawling/crawl
wrong/incorrect/stale/outdated/old .. data/numbers/scores/values
data/scores/numbers/sync .. stale/outdated/behind/delayed/late/wrong
not .. been .. sync/synced/updated/refreshed/delivered/working
access denied
refuse/refuses/refusing .. to load/start/open/save/connect/log
degraded
nobody/noone/none/neither & able/can/could & ENTER
stop/stopped/stops/ceased working/work/sync/syncing/loading/responding/updating/firing/functioning/importing/arriving/refreshing/recording/tracking/delivering/running
unbearably/unusably/impossibly slow
slow .. all/today/morning/since/everyone/everybody/now
sync/emails/messages/mails/data .. lost/duplicated/missing/delayed/gone/disappear
not .. show/load/display .. any/data/anything/customers
app/page/screen/tool/system/browser/everything/it/dashboard .. frozen/hangs/hanging/freeze/freezing
loop/loops/looping
sends/redirects/throws/takes/brings/send/redirect me/us/users .. back
exception .. when/on/if
throws/throw .. exception
not/never .. reach/reaches/arrive/receive .. recipient/recipients/customer/anyone/us
never .. reach
not .. received/receiving/receive/got/getting any .. emails/messages/responses/notifications/alerts/since/data
not .. submit/submitted
not .. run/ran .. night/last/since/day/schedule
THING .. dead/dying
half .. see/can .. empty/not
empty .. home/page/screen/list/dashboard
THING .. are/is/still .. from .. last/yesterday
not .. coming/come .. through/in
none .. coming/come/arrive/arrived/through/working/load
back up/online
when .. back .. up/online
duplicates/duplicated .. everything/records/contacts/all/messages/entries
back to .. start/login
everything/screen/it/app/page/browser/system .. freezes/freezing/froze
nothing .. happens .. when/if/click
nothing comes/come up/through
outage .. again/today/now/third/second/fourth/this/on/at/your/affecting/still
there/an/your/another/major/third/second/fourth outage
downtime
get/getting/see/seeing/shows/got .. blank/empty/white/black
hours/days/minutes .. late/delay/delayed/behind .. since/now
emails/notifications/alerts/messages/sync/data/webhooks/reports .. late/delayed/behind
come/arrive/arrives/arriving .. hours/late/days .. late/later/delay/since
lost .. access/connection .. to/since/again/all
getting/get/gets/got kicked/logged/booted/thrown/locked
nothing happens
click/clicked/clicking/press/pressed & nothing
nobody/none/noone/no & colleagues/users/us/team & see/log/access/open/load/use/work
just/completely/totally/shows empty/blank
not .. react'),
    ('outage', 'medium', 0.35, 'error
bug/buggy/glitch
fail/failing
slow/slowly
since .. morning/yesterday/update/deployment/release/weekend/monday/upgrade/noon
everyone/everybody/anyone .. else
problem/problems/issue/issues/trouble
now/currently
missing/gone
intermittent*
outage'),
    ('outage', 'low', 0, 'not/no/without .. error/errors/outage/outages/issues/incidents/crash
maintenance
maintenance window/on
payment/card/invoice/bill/charge/refund/discount .. fail/error/declined/not/missing/wrong
wrong/error/mistake .. invoice/bill/charge/amount
no .. outage
loading/work/works/loads .. again/now/fine/perfectly/well/great & thanks/thank/good/great/happy
is/are/s/everything/all/now/it working/works/loading again/fine/now/perfectly/well/as/great
everything .. works
slow down
break/broken/drill/narrow/cut/break down by/into/to
ends/walk/sit/write/wind/come/written/settle/calm/note/jot/scroll/track/hand/boil down
usage/score/churn/price/prices/numbers/sales/rate/revenue/traffic/cost/health/customer .. down/drop
not .. stopped
last/previous/earlier/past week/month/outage/incident/problem/year .. over/resolved/gone/fixed/not/solved
yesterday .. gone/over/resolved/fixed
problem/issue/error/incident/outage/bug/slowness/glitch .. gone/over/resolved/fixed/solved/disappeared/closed/cleared/sorted
was/were/been/got/is/are fixed/resolved/solved/sorted
thank/thanks .. fix/resolve/solve/sort/help/incident/restoring/quick/quickly
not .. come/happen/happened/occur/seen/had .. back/again/since
error/mistake/fault .. mine/ours/my/our
how do/can/to/could/should/would/do i/we/you/one .. ENTER/set/find/configure/change/filter/enable/disable/hide/get/notify/show/make/see/know/customise/customize
is/was there .. way/option/possible/limit/plan/report/api
is it possible
could/can/would/will you/we/i/it/the .. add/support/include/be
if .. api/system/it/integration/job/sync/something fails/fail/goes/is/breaks
alert/notify/notified/notification/warn/warned .. when/if
not .. find
can not .. get .. to/enough/make/over
can not .. attend/join/make
next/upcoming release/version/update
outage page
meeting/conference/projector/office .. down/broken
hung up
frozen budget/hiring/headcount
headcount/budget/hiring is/are frozen
if/when the/an/a/my/our .. import/export/sync/api/job/webhook fails/fail/failed/breaks
on/from our/my side .. wrong/mistake/fault/error
freeze .. subscription/account/contract/plan
headcount .. frozen
nobody .. logged in since
our own .. data/server/network/centre/center/system
not related .. to .. you
had .. outage .. yesterday/last
more bugs
during .. call/meeting
is it normal
lost .. connection .. call/meeting/during
delete .. our .. data
still not delivered
since then .. smooth/fine/stable/well/perfect/ok/good/no/been/run/runs
but .. since then
was/were/went down .. but .. now/fine/since'),
    ('outage', 'low', -1, 'all good now/again
false alarm
up and running
back to/up normal/online/running/and/again
works/working now/again thanks/thank
please ignore/disregard
ignore/disregard .. message/email/last/previous
was my/our mistake/fault/error
not .. come/came back & close
fixed/resolved/solved now
thanks/thank .. fix/fixing/fixed/resolving/solving/sorting/restoring
fixed/resolved/solved .. thanks/thank'),
    -- Competitor.
    ('competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & consolidate/consolidating/replace/instead/offer/free/success/cheaper/compare/comparison/unify/standardise/standardize/switch/alternative/everything/bundle/bundled
migrate/move/moving/migrating/switch/switching/going/gone/go .. to/with/over/into hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho
competitor/competitors/rival/rivals & offer/quote/price/cheap*/call/contact/approach/demo/meet/evaluate/compare/look/talk/switch/move/sign/consider/test/trial/pitch/have/does/can/charges/proposal/migrate/better/against/vs
competing offer/product/tool/vendor/solution/bid/quote/platform
the/your/some competition
other/another/different/alternative/rival/second/new/competing/several/multiple/few/some/two/three/four/various .. vendor/vendors/provider/providers/supplier/suppliers
LOOK & other/another/different/alternative/alternatives/several/rival/similar VENDOR
LOOK .. other/another/different/alternative/alternatives/several/new/similar .. VENDOR
alternative/alternatives & LOOK/year/market/any/cheaper/some/list/better
options/solutions/others & market/elsewhere/evaluate/compare/explore/weigh
looking/shopping/look/shop around/elsewhere
look .. market/elsewhere/out/what/who
what .. else .. market/out/available/there
market & compare/scan/check/test/look/explore/research
compare/comparing/compared/comparison .. you/your/yourselves .. with/to/against/and
compare/stack/measure/hold/differ/different .. against/up/to/from/with .. others/other/competition/alternatives/market
stack up
versus
cheaper .. offer/proposal/alternative/option/quote/tool/provider/price/solution/vendor/elsewhere
offer/quote/proposal/bid/deal/price .. cheaper/lower/better/attractive/hard/half
better/lower/attractive/great/tempting/competitive/good offer/deal/price/quote/proposal/pricing .. from/by/elsewhere
fraction of
costs/cost half/less/a/much
same .. less/cheaper/half .. money/price
less money
match .. offer/price/quote/pricing/their/proposal
undercut
rfp/rfi/rfq/bidding
tender/tenders .. for/out/process/launch*/publish*/invite*/software/platform/renewal/participat*/year
call for tenders
vendor/supplier/tool/software/platform/product/solution/market review/selection/evaluation/comparison/assessment/benchmark/consolidation/bake
shortlist/shortlisted/finalist/finalists
replace/replacing/replacement .. you/your/this/tool/platform/system
replacement .. for
switch/switching/moving/migrating/transitioning/changing/jump .. to/vendors/providers/suppliers/vendor/provider .. another/other/different/something/someone/new
change/switch/changing vendors/providers/suppliers/tools/vendor/provider/supplier
go/going/gone/went/signed/sign/chose/picked/selected .. with .. another/someone/somebody/different/other/else/them
parent/group/holding/headquarters/hq & different/another/their/own/uses/use/theirs
demo/pitch/presentation/trial .. of/with/from/by .. another/other/different/competing/their/rival
approached/contacted/pitched/courted/called/reached .. us/me/our .. with/offering/cheaper/half/better/price
in talks with
someone/somebody else .. offer/cheaper/better
half .. price/cost/what
quotes/bids/offers/proposals/quotations from/by .. others/other/several/elsewhere/three/two
get/ask/collect/request/compare/comparing/gather/received .. quotes/bids/proposals/quotations/offers
benchmark .. you/your/against
bring/bringing .. in & rival/product/tool/used/another
used .. RIVAL
up against
what .. answer/response .. RIVAL
compar* .. of/three/two/several/different .. platforms/tools/vendors/products/solutions/providers/systems/software
trialling/trialing/testing/piloting another
price/pricing .. from .. RIVAL
keep/keeping .. options open
promise/promised/promises/offers/offered/offering .. same .. for/at/scope
build/building .. own/inhouse/on .. instead
couple of .. providers/vendors/tools
comparison of .. platforms/tools/vendors/products/solutions/three/two/providers/customer
compar* .. offering/offer .. with/to/against
think/thinking/consider/considering/plan/planning/want/going .. move/moving/switch/switching/migrate/migrating/change .. to/over another/other/different/new
cheaper .. out/does/same/elsewhere
a/another/much cheaper tool/product/platform/solution/provider/vendor/software
moving/move/migrate/migrating/switch/switching to another/different/other/new platform/tool/vendor/provider/system/product/solution
does/do/do/offers/has the same .. cheaper/less
switch/switching to RIVAL
recommended .. RIVAL/another'),
    ('competitor', 'medium', 0.35, 'cheaper/cheap
another/other tool/platform/solution/product
evaluate/compare
alternative
demo/trial
attractive/tempting
their pricing/price/product'),
    ('competitor', 'low', 0, 'not/stopped/no .. look/evaluate/consider/compare/interested/need/plan .. competitor/competitors/alternative/alternatives/other/elsewhere/switch/another
glad/happy/pleased/great/relieved .. chose/chosen/choose/picked/stayed/went/switched/you
you won
our/my/own/beat/beating competitor/competitors/rival/rivals/competition
a/one/of .. our .. competitor/competitors/competition
beat/won/win/against/over a competitor/rival
last year & glad
much better than/compared
customer/customers/client/clients/prospect/prospects .. compare/competitor/competitors/alternatives/alternative/evaluate/switch/use
payment/internet/email/hosting/cloud/identity/sso/telecom/electricity provider/providers/supplier
compare .. customers/accounts/months/quarters/periods/year/score/scores/segments/regions/plans/reports/numbers/versions/teams
compare .. plan/plans/edition/editions
came/come/moved/migrated/switched/coming/imported/moving/migrating from .. RIVAL
left/replaced/leaving .. RIVAL
RIVAL .. last year/before
moved/moving to .. department/team/role/office/position
integrat*/connect*/sync .. another/other tool/system/platform'),
    -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
    ('competitor', 'medium', 0.9, 'sign/signed/going/go/gone/went/contract .. with NAME
switch/switching/migrate/migrating/transition/defect/jump/change/changing .. to/onto/over NAME
trial/pilot/poc/demo/proposal/quote/offer/pitch/bake/quotation/bid .. of/from/by/off/against NAME
NAME .. quote/pitch/court .. us
NAME .. offer/gave/give/show/sent/promise .. us/me/our/half/free/price
NAME .. came/did/doing/run/ran/gave/present .. demo/pitch/presentation
difference/compare/comparison/versus/vs/against/between .. you/your/yours .. NAME
difference/compare/comparison/versus/vs/against .. NAME
you/your/yours .. vs/versus/against/or NAME
NAME .. vs/versus/against/or you/yours
NAME .. does/has/have/can/offer/built .. better/cheaper/faster/already/natively
like/as NAME .. does/do/has/have/s
than NAME .. does/do/charge/has
with/use/using/on/to NAME .. in the meantime/instead
instead of NAME .. you
people/guys/folks/team/rep/salesperson/sales .. at/from NAME
NAME .. people/guys/folks/rep/salesperson
NAME .. instead of you/yours
saw/see/seen/watched/heard .. what NAME
NAME .. shop/background & want/look
talk/speak/chat/conversation .. startup/start .. called/NAME
quoted us
side by side & you/your/tool/both/platform/vendor
score/scoring/rank/ranking/matrix/scorecard/rate .. both/vendors/tools/platforms/providers
elsewhere .. quote/offer/price/deal
quotes/offer/deal/price/quote .. elsewhere
look/looking/shop/shopping/go/going/take .. elsewhere
looking/look/shop/shopping/ask/asking around
competition .. your/offer/cheaper/charges
another/different/other/new/rival/second/alternative vendor/provider/supplier/platform & demo/trial/pilot/quote/proposal/offer/talk/meet/move/switch/migrate/evaluate/compare/sign/chose/chosen
bake off
head to head
rfp/rfi/tender .. for/process/out/launch/invite/issue/renewal
put .. out to tender
go/going/went out to market/tender
benchmark .. you/against/vendors
launched/offers/has .. what .. you .. not
they have .. what/that .. you .. not
what .. you .. have .. they .. not
poach/poaching/wooing/courting .. us'),
    ('competitor', 'medium', 0.35, 'demo/pilot/trial/meeting/proposal .. with NAME
talking/moving/move/spoke/speaking .. to/with NAME
trial of
NAME .. cheaper/better/free/faster/impress*
side by side
your/you vs/versus
convince/persuade/argument/arguments/defend
both tools/platforms/products
your tool/product/platform'),
    ('competitor', 'low', 0, 'our/my/your own .. brand/bakery/market/industry/competition
rival/rivals/competitor/competitors .. bakery/track/monitor/mention/mentions/keyword/keywords/listening/dashboard/field/picklist/segment/handle/handles
track/monitor/add/tag/analysis/analyse/analyze .. competitor/competitors/rival/rivals
competitor/competitors/competitive analysis/field/tracking/monitoring/benchmark/report/column
instead of .. monday/mondays/friday
integration/connector/sync/import/export/api .. with/to/from NAME
left/leaving/came/switched/moved/migrated/come from NAME'),
    ('cancellation', 'high', 0.9, 'earliest/contractual/actual termination/end/exit/cancellation date
termination date
no renewal
nice knowing/working .. you
not .. see us .. here/using/still/in
see .. us .. leaving
exercise .. clause/right/option
downgrade .. free
free plan/tier .. downgrade/move/switch
move/switch/drop/downgrade .. free plan/tier
dropping/drop/leaving/ditching/replacing/replace you
part/parting ways
go/going .. separate ways
last day/invoice/payment/month/year .. with you
this .. be our last/final .. year/month/renewal/invoice/term
our last/final .. year/month/renewal/invoice/term .. with
let/letting .. contract/subscription/plan/licence/license/it/renewal/agreement .. lapse/expire/run/end
lapse/expire .. and not/then
no point .. keeping/continuing/paying/renewing/having/staying
exit .. end of
stop using
we/i are/re/am leaving .. you/platform/service/end/after
winding/wind .. down/up
close/closing/shutting/shut .. down/business/company/shop/store/doors & plan/account/subscription/contract/service/you
get out .. contract/agreement/deal
way/ways .. out of .. contract/agreement
last straw
not .. go/going ahead .. renewal/contract/next/year/subscription
not .. proceed/proceeding .. renewal/contract/subscription/licence/license/order
decided/voted against .. you/renew/renewing/continuing'),
    ('cancellation', 'medium', 0.35, 'goodbye/farewell
data/backup/full export
end date
notice period'),
    ('cancellation', 'low', 0, 'unsubscribe/remove .. newsletter/newsletters/digest/marketing/webinar/mailing/list/emails
newsletter/newsletters/digest/webinar .. unsubscribe/cancel
cancel .. meeting/call/lunch/coffee/demo/training/webinar/session/flight/booking/hotel/appointment/visit/order/dinner/workshop/invite/reservation
an/a/one/some/any student/patient/guest/tenant/member/employee/donor/resident/shopper/buyer/customer/client/subscriber/attendee/parent/visitor
employment/work contract
lease/landlord/gym/rent/insurance
account itself stays'),
    ('complaint', 'medium', 0.9, 'sour/bad/bitter taste
no way to treat/run
not .. how .. treat
deserve .. better/straighter/more/answer/explanation
feel/felt .. ambushed/cornered/blindsided/trapped/fooled/tricked/unwelcome/taken
never/not .. did/do/does/done what .. said/promised/sold/told/salesperson/sales/demo
not .. what .. sold/promised/shown/told/agreed
do you .. test/read/listen/check/even
never .. lived/matched/worked .. up/promised/expect*/sold
marketing slides/speak/fluff
copy .. paste/pasted
wasting/waste/wasted .. time/money
take/takes/took/taken .. forever/ages
ashamed/embarrassing/embarrassed/embarrassment/shameful/disgrace/disgraceful/shambles/farce/pathetic/ridiculous/insulting/insult
feels like .. 19*/200*/beta/unfinished/amateur
clunky/buggy/outdated/amateurish/sloppy/half baked
how hard .. be
how many .. times
what .. going on .. your/over/there
so much for
let/lets/letting .. us/me .. down
expected .. more/better .. from/of
not .. good enough
not .. acceptable/impressed/amused/happy/pleased/satisfied/professional/serious
not .. get .. straight .. answer
running out .. patience'),
    ('complaint', 'low', 0, 'nobody/noone/no .. unhappy/complain/angry/upset
cross border/sell/selling/functional/platform/country/team
not .. help .. laughing/smiling/but notice
sorry .. i/we/my/our
no hurry/rush
not .. happy/pleased .. with .. theirs/old'),
    ('billing', 'medium', 0.9, 'dunning
waive/waived/waiver
credit .. diff/difference/balance/back
credit/refund .. us .. for
percent .. increase/hike/uplift/rise/raise/above/more/higher/jump
increase/hike/uplift/rise/raise/raised/went/gone/jump/jumped/up .. percent & price/fee/renewal/quote/contract/plan/licence/license/rate/bill/subscription/cost
tax/taxed/vat .. though/although/exempt/despite/even/but/wrong/twice
exempt & vat/tax/invoice/charge
discount .. drop/dropped/fell/fallen/off/gone/lost/vanished/removed/expired/stopped/disappeared
new rates/pricing/price/prices/rate .. kill/kills/too/can/balk/steep/not/shock/insane/out
balk/balked/shocked/choked/sticker .. rate/rates/price/prices/pricing/quote/invoice/shock
cap/caps/capped/ceiling & increase/uplift/percent/price
price increase/hike/rise/jump
remittance/proof .. late/overdue/notice/unpaid/paid/payment
days late/overdue & yet/but/paid/remittance/though
paid/billed/charged .. again/twice/anyway
billed/charged/invoiced .. after .. cancelled/left/cancel/leave/terminated
raise/raising/raised/up/upped/hiked/hiking .. fee/fees/price/prices/rate/rates
above/over .. last year & quote/price/renewal/fee/invoice
reissue/issue .. quote/invoice & percent/contract/wrong/correct'),
    ('billing', 'low', 0, 'an/a/one/some/any student/patient/guest/tenant/member/donor/resident/shopper/buyer/customer/client/subscriber/attendee/parent/visitor
my/our guests/tenants/members/students/patients/donors/residents/shoppers/buyers/suppliers
sandbox/demo/test/training .. invoice/payment/charge/environment'),
    ('outage', 'high', 0.9, 'you/u guys/all/lot .. down
are/is you/u/it/everything/site/system/server/servers/anything/something down
THING .. stopped/stop .. at/since/working/coming/firing/arriving/syncing/sending/yesterday/around
THING .. dead/offline/frozen/stuck/gone/blank/hang/hangs/unusable
completely/totally/basically/it/still/practically unusable
unusable .. since/today/for/right
stopped .. at/around .. utc/am/pm/gmt/cet/noon
nothing .. inbound/coming/arriving/through/loading
deliver/deliveries .. stopped/missing/failing/not
without .. console/system/access/dashboard/platform/tool/phones/app & morning/hours/day/since/whole
can .. you .. get .. it .. going/back/running
dead/broken/frozen/hanging .. since/for/again/this
spinning/spinner/wheel
not .. come/coming/came .. through/in/up/back
sitting .. there .. not/without/can
throws/throwing/throw .. error/exception/500*
offline .. since/again/for/right
goes/went/go/going/keeps offline'),
    ('outage', 'medium', 0.35, 'offline
outage'),
    ('outage', 'low', 0, 'can not wait .. to/for
planned/scheduled maintenance/downtime/window/work
maintenance .. window/sunday/tonight/weekend
will be offline/down
in the loop
keep/keeping .. loop
close/closing .. loop
is/was/are gone since
gone since .. you/the fix/update/upgrade
slowness/lag/delay/bug/problem/error/glitch .. gone/disappeared/vanished
power cut/outage
my/our own .. server/wifi/network/router/excel
our .. wifi/router/printer/internet'),
    -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
    ('any', 'low', -1, 'false alarm
my/our own/bad/mistake/fault
was .. my/our .. mistake/fault/side/bad
on our side/end .. sorry/after
turned/turns out .. our/my/we/i
out of office
automatic reply
auto reply
parental/maternity/paternity leave
sorry .. noise/wrong'),
    ('any', 'low', 0, 'neighbour/neighbor/friend/husband/wife/cousin/roommate
theirs .. not yours
another company/firm .. their/they
used to be/have/take/get
no longer .. problem/issue'),
    ('competitor', 'medium', 0.9, 'offer/quote/proposal/bid/pitch/rep/salesperson/consultant .. from NAME
NAME .. has/have/had it/this/that/already
on/onto NAME .. migrate/move/switch/everyone/all/group
group/parent/hq/headquarters/holding/corporate .. on/use/uses/chose/standardis*/standardiz* NAME
swears/swear/raves/rave/drool*/obsessed/keen .. by/about/over/on NAME
second/closer/serious/hard look .. them/NAME/at
take/taking/took .. look at NAME
consider*/evaluat*/assess*/test/testing/trial*/pilot*/try/trying/shortlist* .. NAME
NAME .. answer/answered/replied/solved/fixed .. within/in/faster
NAME .. free/cheaper/half/third/percent/fraction
offer/quote/proposal .. half/third/cheaper/lower/percent .. less/price/cost/it
two/three/other/several/few products/tools/vendors/platforms/providers/suppliers .. this/we/and/in/on
seen/saw/see .. two/three/other/several products/tools/vendors/platforms/demos
cheaper .. elsewhere/vendor/tool/alternative/option/than
half/third/quarter/fraction .. price/cost/what you
under/below/less .. your price/quote/rate
replacement/replacements/alternative/alternatives .. for/to/options you/your/this/it
incumbent'),
    ('competitor', 'medium', 0.35, 'look/looking .. NAME
use/using/uses NAME
NAME .. demo/trial/pilot/quote/proposal/offer/sales
offer/quote/proposal'),
    ('competitor', 'low', 0, 'podcast/conference/keynote/article/linkedin
shopping around .. not/are not
asked if .. shopping/looking
biggest/local/sports/football/team competitor/rival'),
    ('cancellation', 'high', 0.9, 'give/giving/serve/serving/hand/handing .. notice .. you/to/in/by/now
notice to you
agreement/contract/subscription/account/plan .. lapse/lapses/expire/end/ends .. in/at/on/with/september
acquired/bought/merged/merger/parent & consolidat*/internal/migrate/own/lapse/move
no way .. staying/stay/we/renew*
either .. or .. not .. sign/stay/renew/continue
how/can .. get out
wants/want/wanting/wanted out
not .. sign/signing .. again/renewal/another/new/year
or .. we .. gone/out/leave/walk
not .. sign'),
    ('cancellation', 'low', 0, 'if .. ever had
hypothetical/risk form/questionnaire/due diligence
no plan/plans/intention .. leave/leaving/cancel/cancelling'),
    ('complaint', 'medium', 0.9, 'just want/need .. human/person/somebody/someone
talk/speak .. to .. human/person/real
chatbot/bot .. again/loop/useless/human
told us/me/you .. and/but/then .. nothing/never/not
funny how
you promised/said/told/assured & it s/is
promised .. for/by .. q1/q2/q3/q4/january/february/march/april/june/july/august/september/october/november/december/spring/summer/autumn
been/being hearing/told/hear .. since/for/years/months
passed .. on .. product/team/colleague/department
took .. a/two/three/four week/weeks/month/months/days .. to
guys/you took
figure/figured .. out .. ourselves/myself/youtube
cursing/swearing/moaning/grumbling/complaining
worst/ugh/yikes/wtf'),
    ('complaint', 'low', 0, 'server/page/query/job .. took
nobody told'),
    ('billing', 'medium', 0.9, 'card/account .. hit/charged/debited/billed twice/again/two
hit/took/taken/charged/debited twice
hike .. hard/accept/percent/explain/too
like/want .. reversed/refunded/waived/credited
credit .. for .. days/downtime/outage/hours
never/not .. told .. limit/cap/extra/fee/charge
number/price/figure .. come/comes/came down .. or
last year .. it .. was & percent/price/staying/renew*
extra/another/additional .. for .. nobody/overage/what
should/could/please get .. credit'),
    ('billing', 'low', 0, 'increase .. is/was fine/ok/okay/acceptable/expected
received .. credit note/refund
dunning/billing/payment feature/module/workflow/flow/email
copy .. invoice
invoice .. copy'),
    ('outage', 'high', 0.9, 'freezes/freeze/freezing/crashes/hangs/lags .. every/all/when/whenever/constantly/again/since
THING .. take/takes/taking/took .. minutes/minute/seconds/ages/forever
THING .. has/have/shows/returns/return/with/contains .. 0/zero/no rows/results/records/data
every .. csv/file/export/report .. 0/empty/blank/zero
not/no longer .. pair/pairs/print/prints/scan/scans/ring/register/dispatch/transmit
gives/give/get/getting/gave .. timeout/timeouts
still not back/up/working/fixed
no data .. coming/arriving/through/since
any eta
on paper .. now/meantime/today'),
    ('outage', 'low', 0, 'accountant lost
roll outs .. failed
broken .. promise/promises/word/leg/arm/heart'),
    ('billing', 'low', 0, 'how do/can/to/should/would/could i/we/one/you
invoice is paid
how many credits'),
    ('outage', 'low', 0, 'does/do/can/will .. work offline
error log/logs/code
sales/revenue/numbers/traffic/orders .. down'),
    ('complaint', 'low', 0, 'how long does/do/will
can/does/could the chatbot/bot
customer/customers/client/guest/patient/member/tenant .. was/were/is/got angry/upset
match/game/weather/penalty/football'),
    ('competitor', 'low', 0, 'pro/team/basic/starter/business/enterprise/premium/free plan/plans/edition/tier
cleaning/catering/insurance/security/courier/law company/firm/provider
our/your/the own/new module/feature/release/branch/office/site
single sign
pilot/trial .. went/going well
spoke/talked .. NAME .. and/she/he/about
team/branch/office/site .. pilot/trial
pilot/trial .. team/branch/office/site'),
    ('competitor', 'medium', 0.9, 'used/uses/had/has/knows/loves NAME .. at/in/from .. last/previous/old/other/former
showed/shown/recommended/mentioned/suggested/praised/told .. me/us .. NAME
rather than .. NAME
instead of .. you .. NAME
lean/leaning/inclined .. towards/to NAME
NAME .. do/does/offers/gives/costs/charges .. same/for
other/others/most/all systems/tools/platforms/apps/vendors/providers .. do/can/have/offer/include/already
stay/stick/sticking/staying with you .. or/rather/instead/over
how do you .. stack/compare/differ/measure
better than .. rest/others/alternatives/competition
list/shortlist/round of alternatives/vendors/options/tools/candidates
what else .. out/there/available/around/market
next to each other
someone/somebody/guy/lady/rep/people/salesman/salesperson .. from NAME .. offer/visit/came/called/dropped/price/showed
you and NAME
NAME and you/yours
three/two/several/multiple bids/quotes/offers/proposals
open/opening .. up .. bidding/competition/market
jump/jumping ship
poached/wooed/tempted .. by
better/cheaper/lower/attractive/tempting/aggressive deal/offer/price/quote .. from/by/elsewhere
match .. their/the/this/that offer/price/quote'),
    ('competitor', 'medium', 0.35, 'use/used NAME
slick/impressive/impressed
showed .. NAME
aggressive/tempting/attractive offer
rather than
stay with you'),
    ('cancellation', 'high', 0.9, 'as/is/be our/my notice/resignation
to end this/it/things
not .. need/needing .. system/tool/platform/software/service/licences/licenses/you .. after/anymore/from/next/once
get/getting/got rid .. you/tool/tools/platform/software/contract/subscription/everything
penalty/fee/fees .. quit/leave/leaving/cancel/exit/stop/terminate
quit/leave/cancel .. early/halfway/mid/before
pull/pulled/pulling .. plug
call/calling it quits/day
throw/throwing .. towel
carry/carrying on .. whether/if/not/hard
whether/if .. carry/continue/stay/keep/go on
not .. roll/rollover .. over/january
go/going/back/revert .. to excel/paper/spreadsheet/spreadsheets/pen
build/building/develop/developing/bring/bringing .. own/inhouse/house .. tool/system/solution/instead
closing/closed/close/shutting .. doors/good/business
out of business
bankrupt/bankruptcy/insolven*/liquidation/receivership
phase/phasing .. out
licences/licenses/seats/account .. can go
how much/long notice
done with you/this
we/i are/re/m/am done .. with/here/bill
walk/walking away
moving/move on from you/your/this/the'),
    ('complaint', 'medium', 0.9, 'third/fourth/fifth/second/another/new/different consultant/manager/agent/person/rep/csm/contact .. in/this/now/months/again/explain
talk/talks/talking/treat/treats/treating .. as if/though
like children/idiots/fools/nobody
anything but
lose/losing/lost .. faith/confidence/trust/hope/patience
nobody/noone/none/never .. showed/turned/show/turn .. up
emails/calls/messages/tickets .. zero/no/without answers/answer/reply/replies/response
without .. a word .. rude/closed/closing
rude/unprofessional/dismissive/condescending/patronising/patronizing/arrogant
same/usual/endless excuses/excuse/story/answer/nonsense
expected .. lot/far/much more
lot/far/much more .. for .. money/price/pay'),
    ('billing', 'medium', 0.9, 'line/item/position/fee/charge/amount .. bill/invoice/statement .. can not/not/what/never
not .. make sense .. bill/invoice/fee/charge/amount
bill/invoice/fee/charge/amount .. not .. make/makes sense
can not .. make sense .. of
owe/owes us/me
money .. owe
why .. go/went/gone/jump/jumped/change/changed from
made/issued/addressed .. out .. wrong/old/different/another
unpaid/overdue/outstanding/reminder .. but/although/though .. bank/transfer/paid/statement
more than .. we/i .. can/could .. spend/afford/pay/manage
percent off .. missing/not/gone/forgotten
beyond/above/over .. our budget/means
can not .. spend/stretch/swallow/justify .. that/this/price/cost'),
    ('outage', 'high', 0.9, 'just/only/keeps/still/screen/page spin/spins/loads/loading
nothing happens/happening
press/click/hit/tap/push .. nothing/freezes/error
not .. shown/showed/turned .. up .. since/last/today/yesterday
no longer receive/receives/print/prints/get/gets/come/arrive/send/sends/show/shows/see/appear
numbers/figures/totals/stats/data .. wrong/off/broken .. since/after/update/upgrade
shows/showing/show .. 0/zero .. everywhere/all/for
wrong with your/the servers/server/system/site
not .. get in/into
can not .. get .. in
since/after .. update/upgrade/release/deploy .. wrong/not/broken/no/nothing
blank/white/black screen/page
logs/kicks/throws/logged/kicked .. me/us .. out
lost/disappeared/vanished/wiped .. data/records/orders/entries/bookings/notes
orders/bookings/records/entries/messages/tickets .. lost/disappeared/vanished/gone/missing
acting up'),
    ('complaint', 'low', 0, 'press/click/page/screen/app/slow .. today/happens/spins')
)
SELECT lealup._learn('en', (SELECT jsonb_object_agg(s.name, s.words) FROM slot s), (SELECT jsonb_agg(p) FROM part p));
