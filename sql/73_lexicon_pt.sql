-- The phrases of the lexicon in Portuguese, and the words that their slots stand for; _learn() tells how they are written.

WITH slot (name, words) AS (VALUES
    ('SERVICO', 'assinatura*/subscricao/plano*/conta*/contrato*/servico*/licenca*/acordo/renovacao/ferramenta/plataforma/produto/software/sistema/pacote/ambiente/convenio/relacao/relacionamento/parceria/cadastro/solucao/adesao/usuarios/utilizadores/modulo/projeto/teste'),
    ('QUERER', 'quer*/precis*/gostar*/dese*/decid*/decisao/resolv*/pens*/planej*/plane*/vamos/vou/vai/vao/iremos/irei/pretend*/consider*/avali*/intencao/prefer*/ped*/pec*/solicit*/favor/pode*/rog*/exij*/tere*/temos/tenho/obrigad*/acord*/optamos/proced*/cogit*/estud*/inclinad*/analis*/autoriz*/comunic*/inform*/avis*/gentileza'),
    ('FATURA', 'fatura*/factura*/cobranca*/debito*/boleto*/valor*/pagamento*/preco*/tarifa*/taxa*/total/conta/contas/nota/iva/imposto/mensalidade*/extrato/lancamento*/nf/recibo*/anuidade/montante/conciliacao'),
    ('COISA', 'painel/paineis/dashboard*/pagina*/relatorio*/sincroniz*/integracao/integracoes/app/aplicativo/aplicacao/login/acesso/sso/api/webhook*/email*/mail*/notificacao/notificacoes/alerta*/busca/pesquisa/exportacao/importacao/dados/tela/ecra/sistema/plataforma/site/web/portal/ferramenta/conector/servidor/botao/link/formulario/arquivo*/ficheiro*/registro*/conta/usuario*/utilizador*/grafico*/calendario/servico/software/filtro*/modulo/sessao/senha/conexao/lista*/programa/mapa'),
    ('ENTRAR', 'entr*/acess*/aced*/abr*/inici*/conect*/salv*/guard*/carreg*/baix*/export*/import*/subir/logar/login/ver/usar/trabalh*/envi*/mand*/edit*/criar/sincroniz*/gerar/fazer/atualiz*/utiliz*/avanc*/acord*/autentic*'),
    ('ANDAR', 'funcion*/carreg*/abr*/sincroniz*/conect*/respond*/anda*/roda*/presta*/salva*/guarda*/envia*/cheg*/entra*/inicia*/atualiz*/baix*/export*/deixa*/permit*/mostra*/aparec*/traz*/indo/dispar*/arranca*/grava*/integra/gira'),
    ('FORNECEDOR', 'fornecedor*/ferramenta*/plataforma*/solucao/solucoes/software*/produto*/opcao/opcoes/sistema*/empresa*/vendor*/marca*/aplicativo*/app*/servico*/fabricante*/suite'),
    ('OLHAR', 'olh*/busc*/avali*/compar*/consider*/test*/demo*/explor*/revis*/revend*/revendo/vendo/vemos/vimos/ver/estud*/analis*/troc*/mud*/migr*/pass*/substitu*/convers*/fal*/reuni*/contat*/contact*/cot*/orcament*/oferec*/oferta*/proposta*/propos*/apresent*/mostr*/ir/vamos/optar/escolh*/contrat*/fech*/barat*/procur*/ligou/visit*/convid*/pesquis*/sond*/abord*/finalista*/piloto/conhec*/experiment*/assin*/adot*'),
    ('NAME', 'xname'),
    ('RIVAL', 'gainsight/totango/churnzero/planhat/vitally/catalyst/custify/clientsuccess/velaris/strikedeck/freshsuccess/akita/smartkarrot/sensedata'),
    ('SUPORTE', 'suporte/servico/atendimento/equipe/equipa/time/consultor*/atendente*/tecnico*/gerente/empresa/produto/ferramenta/plataforma/documentacao/treinamento/formacao/implantacao/implementacao/interface/comunicacao/tratamento/qualidade/experiencia/resposta/instrutor*/software/acompanhamento/gestao/versao')
), part (class, severity, weight, phrases) AS (VALUES
    -- Cancellation: verbs that say it by themselves, then what is ended, then idioms.
    ('cancellation', 'high', 0.9, 'cancel*/anul*/rescind*/suspend*/denunciar .. SERVICO
QUERER .. cancel*/rescindir/rescisao/anular/descadastr*/descontinuar/denunciar
como/onde/passos/processo/forma/procedimento .. cancelo/cancelar/cancelamos/cancela/encerrar/rescindir/encerro/sair/cancelamento
estou/estamos cancelando
carta/pedido/solicitacao/formulario/clausula/termo .. cancelamento/rescisao/saida
pedi/pedimos/solicit*/confirm*/inici*/comunic* .. cancelamento/rescisao/encerramento
rescis*/rescind*/descadastr*/distrat*/desistencia
terminar/encerr*/finalizar/termino/cessar/concluir/romper/cortar/terminamos .. contrato/servico/acordo/parceria/relacao/assinatura/conta/relacionamento/subscricao/colaboracao/tudo
encerraremos
encerrado/encerrada .. projeto/contrato
projeto .. encerrado
por/colocar/dar/pondo/dando .. fim/ponto/termino
fechar/fechem/encerrar/excluir/excluam/apagar/apaguem/desativ*/desligar/desliguem/deletar/deletem/eliminar/eliminem/remover/removam .. conta/cadastro/ambiente/perfil/espaco/acesso
excluir/excluam/apagar/apaguem/exclusao/eliminacao .. dados
desativacao .. conta
QUERER .. deixar/abandonar/largar/desligar
quero/queremos/quer/querem/desejamos/decidimos/pensamos/pensando/pretendemos .. sair
deixar/deixamos/abandonar/largar/deixaremos .. plataforma/ferramenta/servico/contrato/produto/software/sistema/barco
dar/damos/demos/deem .. baixa .. conta/contrato/assinatura/plano/servico/licenca
baixa .. contrato/conta
desativ*/desligar/interromper/suspender/evit*/garant*/impedir .. renovacao/renove
nao .. renove/renovem/renovacao .. automatic*/sozinh*
cancelaremos/cancelem .. tudo/mes/ja/plano/por/imediat*/antes/ai/isso
parar/pausar/interromper/suspender .. contrato/assinatura/plano/servico/renovacao
estamos/estou/vamos/vou/iremos/tamos/to saindo/fora/sair/embora/cair .. do/da/de/daqui/fora
a gente vai sair/embora
estamos/vamos/iremos .. saindo/sair
ultimo/ultima mes/ano/trimestre/fatura/contrato/renovacao .. com voces
nosso ultimo .. mes/ano/trimestre
nao continuaremos/seguiremos/prosseguiremos/manteremos
nao .. seguir/seguiremos/continuaremos .. depois/com/apos
renov*/continuidade/seguir & duvidamos/repens*/reconsider*/incert*/risco
nao .. manter .. SERVICO
nao me/nos vejo/vemos .. com/voces/depois
nao .. virar/vire/vira .. plano/pago
ir/indo/vai .. embora
primeiro .. ir/sair/cortar*/embora
assinatura/contrato .. termin*/encerr* .. no/fim
esta decidido/decidida
decisao .. final/tomada/firme
damos/dar/dou .. por encerrad*
por encerrad*
como .. me/nos .. livr*
livrar/livro .. contrato/disso
pedido/carta .. saida
vamos .. trocar .. quando/se/de
vao/podem .. perder .. cliente
nos perder
nao .. deu/deram/dar .. sinal verde
devolvemos/devolveremos/entregamos .. licencas .. fim/depois
nao .. ficou/passou/entrou .. lista/corte/orcamento
quero/quer/querem/queremos/querendo/quiser sair/cair
cair/caindo/saindo/sair .. fora
vou/vamos sair .. sem/antes/do/da/de
nao/sem .. pagar .. outro/mais ano
ate .. que .. data/dia .. avis*/cancel*/sair
nao .. estejamos/estaremos/estarei/seguimos .. ano/voces/proximo/mais
nao .. conseguimos/podemos/posso continuar/seguir/manter
paramos por aqui
encerrem/terminem/finalizem .. plano/assinatura/contrato/conta
apagar/apaguem/excluir .. nossos/meus/todos .. dados
sair antes
depois devolvemos .. licencas
nao da .. para/pra continuar .. com/preco/voces
nao da .. para/pra seguir/manter .. com/voces/contrato
vamos/vou trocar .. quando/de/por
nao .. temos/tenho .. intencao/interesse .. renovar/prorrogar/continuar/estender/seguir
desistimos/desistir .. de/da/do .. SERVICO/continuar/voces
dizer/digo/dizemos .. nao .. mais ano
nao .. a .. mais um ano
se .. nao .. melhor*/resolv*/consert*/mud*/arrum* & sair/sai/saimos/cancel*/vamos/encerr*/trocar
faz sentido .. continuar/seguir/renovar/manter
se .. sentido .. continuar/seguir/renovar
aviso/notificacao/carta .. rescisao/termino/encerramento/saida
preparar/prepare/preparando/planejar/organizar .. saida
nao estender
deixar/deixem .. vencer
pretendemos/pensamos/vamos/queremos/pretendo largar/sair/parar/abandonar/encerrar/cancelar
decid* .. nao .. ampliar/estender/seguir/renovar/continuar/prosseguir
retirar .. acordo/contrato
devolver/devolvemos .. licencas
pensando/avaliando/decidindo/discutindo/vendo .. se .. mantem/manter/seguir/continuar/renovar/seguimos
projeto .. parou/cancelou/fechou/suspens*/encerr* & licencas/contrato/ferramenta/assinatura'),
    -- Not going on.
    ('cancellation', 'high', 0.9, 'nao/nem/sem/contra .. renov*/prorrog*/estender*/prolong*/ampliar
nao .. assin* .. outro/nov*/mais/ano
nao .. pass*/seguir/continuar .. teste/piloto
nao .. vamos/vou/queremos/quero .. assinar/contratar/fechar/comprar/manter/ficar/renovar
contrato/assinatura/licenca .. nao .. renov*/prorrog*/continua/continue
vamos/queremos/quero/vou/decisao/decidimos/decidi/optamos/preferimos/considerando/pensando .. nao .. continuar/seguir/renovar/ficar/prosseguir/manter
nao .. vamos/queremos/quero/vou/podemos/pretendemos/pretendo/iremos .. continuar/seguir/prosseguir/permanecer/manter/ficar
nao .. interesse/desej* .. continuar/seguir/renovar/manter
nao .. mais .. precis*/us*/quer*/interesse/utiliz*/serve/faz/fazem/contar*/seremos/necessit*/vamos
nao .. us*/precis*/utiliz*/quer*/contar*/necessit* .. mais
ja nao precis*/us*/quer*/utiliz*/necessit*/faz
nao .. contar* .. com .. voces/servico
nao .. precis*/necessit* .. licenca*/ferramenta/servico/plataforma
duvid* .. renov*/assin*/segu*/contin*/fique*/fica*
pensando/repens*/question*/avaliando/reavali*/discutindo/decidindo .. se .. continu*/renov*/segu*/ficamos/vale/compensa/mantemos
repens*/reavali*/reconsider*/questionando .. contrato/relacao/continuidade/renovacao/servico/assinatura/parceria
motivo/razao/sentido .. ficar/continuar/renovar/seguir/manter
nao .. faz/vejo/vemos sentido .. continuar/renovar/pagar/seguir/manter
nao .. aprov*/autoriz* .. renovacao/orcamento/ano/outro
nao .. pag* .. outro/mais ano/mes
deixar/deixamos/deixaremos/parar/paramos/vamos .. de .. usar/utilizar/pagar/ser
deixar/deixem/deixa .. expirar/vencer/caducar
assinatura/contrato/licenca/plano .. expirar/expire/caducar
a gente sai/cancela/sairemos
sair/saindo/saida/sairmos .. contrato/plataforma/antes/acordo/fidelidade/servico/voces
antes .. do .. prazo/fim/termino/vencimento & sair/multa/rescindir/cancelar/encerrar/terminar
abrir/abrimos/abrindo mao
dispensar/dispensamos/dispens* .. ferramenta/ferramentas/servico/voces
aviso/prazo previo/aviso
antecedencia & avisar/rescindir/cancelar/sair/encerrar
processo/clausula/condicoes .. saida/fidelidade
tirem/retirem/removam .. plano/nome/gente
inclinad*/tendencia .. nao
multa/penalidade/penalizacao/taxa .. contrato/rescis*/cancel*/sair/saida/encerr*/quebra/rescind*/sairmos/antecipad*
qual seria .. multa
fidelidade .. contrato/ate/quando/acaba/termina/tem
chegamos .. fim/limite
fim da linha
jogar/jogamos .. toalha
buscar/procurar .. outro .. lugar
melhor .. sem .. voces/ferramenta
levar/levando .. negocio/conta .. lugar/lado
nos despedimos
paramos/parar/encerramos/encerrar .. por aqui
mes/ano que vem paramos/encerramos/saimos/cancelamos
cort*/economiz*/enxug*/reduz* .. ferramenta*/licenca*/assinatura*/software*/contrato*
suspender .. assinatura/servico/contrato'),
    ('cancellation', 'medium', 0.35, 'cancelamento
cancel*
cort*
multa
sair/saida
encerr*
orcamento & cort*/sem/acab*/fech*/falta/zer*
fim .. contrato
nao .. ano
economizar
manter .. assinatura
mas noticias
nao .. convenc*
ninguem .. usa'),
    ('cancellation', 'low', 0, 'cancel*/suspend*/desmarc* .. reuniao/reunioes/chamada/ligacao/voo/sala/sessao/pedido/workshop/reserva/convite/demonstracao/demo/tarefa/evento/viagem/treinamento/visita/chamado/inscricao/relatorio/exportacao/importacao/webinar/aula/curso/jantar/almoco/hotel/formacao/call/pesquisa/campanha/envio/email/lembrete/horario/segunda/terca/quarta/quinta/sexta/botao/carga/participacao/agendamento/encomenda/vaga
voo/reuniao/chamada/evento/treinamento/call/sessao/webinar .. cancel*
quem cancelou
nao .. quer*/queremos/pensamos/pensando/vamos/vou/temos/estamos/penso/pretend* .. cancelar/sair/deixar/encerrar
nenhuma/sem .. intencao/plano/interesse .. cancelar/sair/deixar
deixar/deixo/deixem/deixamos .. mensagem/comentario/recado/aberto/pendente/assim/registrado
encerrar .. sessao/chamado/ticket/venda/negocio
fechar .. chamado/ticket/negocio/venda/acordo
nao .. preciso mais dele/dela/deles/delas
se/quando/embora/porque um/uma/o/a/meu/meus/os/nosso/nossos/algum cliente*/usuario/conta/contato .. cancel*/deix*/sai*/vai/quer/abandon*/renova
um/meu/meus/nosso/nossos/os/dos/uns/que cliente/clientes .. cancel*/deix*/sair/sai/quer*/abandon*/pens*/renov*/meu/nosso/nossos
cliente/clientes .. nosso/nossa/nossos/meu .. cancel*/deix*/sair/quer*/abandon*/pensa*
clientes .. cancelam/saem/cancelaram/abandonam
funcionario/usuario/colega/colaborador/administrador .. saiu/sair/deix*/saida
embora/mas/depois .. cancel* em/mas
como .. cancelo .. um/uma
vamos/vou/estamos/estou .. sair/saindo .. de/para ferias/almoco/feriado/escritorio/viagem
fora .. escritorio
cancelar .. usuario
renova .. automatic* .. ou
apagar/excluir/desativar .. conta/usuario .. teste/duplicad*/antig*
conta .. teste
cancelei .. e .. cobr*
cancelem minha solicitacao
preciso/tenho .. cancelar a reuniao
cancelar .. reuniao
antecedencia .. voces .. avis*
como .. conversamos
licencas que .. cancelamos
politica .. cancelamento
embora .. cancel*
cobr* .. embora/depois/apos/mesmo
nosso proprio .. cancelamento
saio/saindo/sai/deixo/vou .. da/a empresa/companhia
contrato .. vencer & avis*/alert*/sistema
cancelei .. e'),
    ('cancellation', 'low', -1, 'mudamos .. de ideia
decidimos/decidido .. ficar/continuar/seguir .. com'),
    -- Complaint: words that are one by themselves.
    ('complaint', 'medium', 0.9, 'decepcao/decepcion*/desapont*/desilus*/desilud*
inaceit*/inadmissivel/intoleravel/lamentavel/vergonhos*/absurd*/inconcebivel/insuportavel/inacreditavel/insustentavel/injustificavel
nao .. aceitavel/admissivel/toleravel/normal/serio/justo/correto/profissional
descontent*/insatisfeit*/insatisfacao/descontentamento/inconformad*
nao .. content*/satisfeit*/feliz/felizes/contente
frustra*/exasper*/irrita*/indign*
pessim*/horrivel/horrorosa/horroroso/terrivel/terriveis/deploravel/desastros*/medonh*/patetic*/mediocre*/porcaria/lixo/droga/merda/bosta/precari*/nojent*/tosc*/ridicul*/palhacada/vergonha/desastre/caos/caotic*/piada/gozacao/pesadelo/bagunca/zona/brincadeira/zoeira/sacanagem/descaso/desrespeit*/desleixo/descuido/amador*/fiasco/novela/trapalhada/zorra
inutil/inuteis/incompet*/inept*/negligen*
nao .. serve/servem/presta .. nada/para/pra
nao serve/presta
nao .. vale .. pena/pagamos/pago/custa/nada
estelionato/fraude/golpe/mentira*/mentiroso*
gross*/arrogante*/estupid*/debochad*/malcriad*/antipatic*/desagradavel
mal educad*
falta .. respeito/educacao/seriedade/profissional*/consideracao/comunicacao/interesse/transparencia/empatia/responsabilidade/comprometimento/retorno/resposta/acompanhamento
pouco/nada profissional/serio/intuitiv*/clar*/util
confus*/complicadissim*
perda/perdendo/perder/perdido .. tempo/dinheiro/horas
perdi/perdemos/perdendo/perda/acabando/esgot*/acab*/abal*/perder .. paciencia/confianca
paciencia/confianca .. acab*/esgot*/abal*
fart*/cansad*/chei*/saturad*/exaust* .. de/com/disso
saco cheio
cans* .. demais/muito/disso
cansamos/cansei
desesper*
furios*/revoltad*/puto/puta/pistola
muito/bem/bastante/estou/estamos/super/extremamente/fiquei/ficamos chatead*/irritad*/brav*/indignad*/aborrecid*/ruim/mal/ruins/triste*/incomodad*/decepcion*/preocupad*
reclamacao/queixa .. formal/sobre/por/contra/quanto
registrar/fazer/abrir/apresentar/tenho/formalizar/manifestar .. reclamacao/queixa/insatisfacao
quero/queria/vou/preciso/venho reclamar
assim nao .. trata
assim nao da .. mais
chega de/disso
ja .. chega
quantas vezes .. ja/mais/tenho/temos/preciso/vou
quero/passe/preciso/falar .. gestor/supervisor/gerente/superior/responsavel/diretor
nao .. da .. para/pra .. aguentar/aceitar
nao apareceu/compareceu/apareceram/compareceram .. reuniao/treinamento/call/sessao/visita
promet* & ninguem/nunca/cumpr*/novamente/sem/ate
quem .. desenh*/fez .. nunca/isso/nao
disser*/falar*/disse .. que .. sairia/estaria/teria/ia/em & e/estamos/seguimos/nada/ainda
por que .. tao .. dificil/complicado/lento/ruim
dificil falar/contatar/contactar
qualidade .. cai*/piorou/baixou/pessim*/deterior*
caiu/piorou muito/bastante
so .. nos/me .. atencao/ligam/lembram/procuram/importam .. quando/na/para
atrasado .. sem/e/no/na
chegou .. atrasad*
chance*/oportunidade* .. consert*/resolv*/arrum*
a ver navios
quanto tempo .. esperar/mais .. esperar/vou/vamos/preciso/ainda
quanto tempo .. voces demoram/levam
nao .. retorn*/atend*/resolv*/solucion*
nao .. recebi/recebemos/tenho/tive/tivemos .. resposta/retorno/noticia* .. de/ate/ainda/nenhuma/voces
nenhuma resposta/noticia .. de/ate/ainda
nao .. gost*/agradou
nunca .. liga/ligam/ligou/ligaram/respond*/retorn*/cumpr*/aparec*/resolv*/avis*
chamado/ticket .. aberto/pendente .. desde/ha
fech* .. chamado/ticket/caso .. sem
sem nem/sequer
tratam/tratad*/trata .. como/se
de que .. serve/adianta
para que .. serve/pago/pagamos
mau gosto
anunci*/vend*/promet* .. nao .. exist*
mil/cem/muitas/varias/tantas/inumeras vezes
nao .. posso/podemos/da dizer/falar .. content*/encantad*/feliz/satisfeit*/ideal
sem .. agenda/preparo/preparacao/avanco/avancos/resultado/resultados
nao .. nenhum* .. avanco/progresso/resultado/melhora/evolucao
paciencia .. fim/limite
perguntei/pergunta .. ha .. dias/semanas
ha .. dias/semanas/meses .. e .. nada/ninguem/nao
que saco
mesmo problema/erro/historia
mesma coisa
resposta .. errada/nao .. serve
terceira vez
sido/fui/fomos lesado/lesada
sinto/senti/fui/fomos/sentimos lesad*
promet* .. e .. nao/nada .. aconteceu/cumpr*/veio/entreg*
muito/bem/atendimento/workshop/suporte/foi/treinamento fraco/fraca
sentimos/estamos/ficamos/deixaram sozinhos
assim nao da
chega
link/artigo/resposta .. nada .. ver
nao .. aconteceu/mudou/melhorou .. nada .. desde/ainda/ate
pedi/pedimos/solicit*/esper* .. desde .. janeiro/fevereiro/marco/abril/maio/junho/ha & nada/ninguem/nao/ainda
ninguem .. entendeu/entende
nao .. levam/levados/leva .. serio
lentidao .. atend*/respost*/suporte/solicitac*/voces/com
muito/bem/fiquei/estou/estamos/ficamos/tao chatead*/aborrecid*
desamparad*
largados/largado .. pelo/pela/por/sem/aqui
toda semana .. mesm*/problema/erro/cai
voces/ninguem/suporte/equipe/nem/nunca/me/nos .. nao .. respond*
nao me/nos .. respond*/retorn*
nao .. deveria*/pode .. levar/demorar/ser/acontecer/custar/ter
paciencia & esgot*/acab*/limite/fim/perd*/pouca
documentacao/manual/ajuda/guia/exemplos .. desatualizad*/incomplet*/obsolet*/mal/ruim/nao/nem
mais .. erros/problemas/falhas/bugs/trabalho/duvidas .. que
ninguem .. test*/revis*/pens*/confer*
mesma coisa/mesmo .. a/atendentes/pessoas/vezes/sempre/tres/quatro/diferent*
expli*/disse/repet* .. mesma/mesmo .. a/tres/quatro/vezes/diferent*
por que .. tenho/temos/sempre .. que
pouco confiavel/serio/claro/util
instaveis/desorganizad*/injust*/indiferen*/desinteress*/descuidad*/desleixad*
nao .. entendo/entendemos/compreendo .. como/por
nao .. ajud* .. nada/muito/em
nem .. uma desculpa/explicacao/ligacao/resposta
nao .. podemos/posso/da .. confiar/depender
nao .. recomend*
dificil .. confiar/acreditar/recomendar
demais .. tempo/lento/complicado/espera
pouc* .. ajuda/apoio/interesse/comunicacao/acompanhamento/clareza
implantacao/treinamento/onboarding/tudo .. corrid*/atropelad*
sinto .. lesad*
me/nos mentiram/mentiu
nao .. mudou/melhorou .. nada
nao aconteceu nada
mais um erro .. desses/assim
ninguem & retorn*/lig*/respond* & promet*/embora/ainda/dias/semanas
nao .. importam* .. voces
nao .. import* .. voces/clientes
complicam .. simples/facil/tanto
mais uma semana/mes/dia .. sem
outra semana .. sem
sem .. reacao/avanco/avancos/melhora/movimento .. de/dos/da/desde
promet* & nunca
nunca .. foi feito/aconteceu/realizado
na espera'),
    ('complaint', 'medium', 0.9, 'deixa* .. desejar
abaixo .. esperado/expectativa/expectativas/esperavamos/nivel
nao .. altura/expectativa*/nivel/esperado
longe .. prometido/esperado/ideal/ser
esperava*/esperavamos/merec* .. mais/melhor/bem/outra
nao .. isso/que .. venderam/prometeram/combinamos/combinado/vendido/prometido/contratamos/pagamos/esperavamos/vendeu
nao .. entregaram/entregue/entregou/cumpriram/cumprem/cumpriu/cumprir
descumpr*
ninguem .. retorno/respond*/ajud*/liga/ligou/atend*/retorn*/assume/escuta/conhece/sabe/resolv*/explica/faz/da/le/fala/entende/importa/deu/disse/contact*/soluciona/aparec*/entr*
alguem .. escuta/le/ai/responde/atende/trabalha/vivo
tem .. alguem .. ai
sem .. resposta/retorno/responder/noticia*/solucao/resolver/explicacao/novidade*/posicao/previsao/posicionamento/atendimento
nenhum/nenhuma/zero .. resposta/retorno/email/ligacao/comunicacao/explicacao/desculpa/solucao/interesse/empatia/posicao/satisfacao
nem sequer/ligam/ligou/liga/uma/respondem/respondeu/avisaram/um
continuo/continuamos/ainda/sigo/seguimos/sempre .. esperando/aguardando/espera/esperar/aguardo
esperando/aguardando .. resposta/retorno/solucao/semanas/meses/dias/desde
ha/faz/fazem .. semanas/meses/dias & ninguem/espero/esperando/aguard*/aberto/chamado/mesmo/pedindo/tent*/respost*/retorn*
atras disso/de
leva*/demor* .. dias/semanas/meses/responder/retornar/quinze/seculos/eternidade
ate quando
segunda/terceira/quarta/quinta/enesima/decima/sexta vez/mensagem/email/semana/tentativa/solicitacao
vezes .. escrevi/escrevemos/pedimos/lig*/disse/expli*/relat*/reclam*/ja/avis*/mud*
escrevi/escrevemos/pedi/pedimos/liguei/disse/expliquei/relatei/reclamei/avisei .. vezes/novamente/ninguem/nada
resposta*/mensagem*/email* .. automatic*/generic*/copiad*/robo/pronta*/padrao/copiada
um .. para/pro/pra outro
empurr*/jogando/jogam/joga/ficam .. outro/outra/setor/empurra/lado
empurra empurra
toda/cada vez .. pessoa/alguem/diferente*/outro
comecar/recomecar .. zero/novo
tenho/temos/ter que .. explicar/repetir/comecar/insistir/correr/implorar
expliquei .. vezes/novamente
deixou/deixaram/deixando .. mao
nos/me/sentindo/sinto/fomos/fui/somos/sentimos/sendo .. abandonad*/ignorad*/esquecid*/lesad*/enganad*/mal/desrespeit*/desvaloriz*/trouxa/idiota
engan* .. fomos/fui/enganad*/nos/me
maltrat*/destrat*
trat* .. mal/forma/jeito/maneira
forma/maneira/jeito/modo .. como/que & trat*/conduz*/fal*/lid*/atend*
escal* .. gestor/supervisor/gerente/caso/isso/assunto/diretoria
promessa* .. vazias/cumprid*/so/nao/nada
so/apenas .. desculpas/promessas/promessa/resposta
desculpas & so/sempre/recebo/mais/esfarrapad*
ma/pessima/mau/ruim/ruins/fraco/fraca/pobre .. SUPORTE
SUPORTE .. esta/e/foi/ta/muito/tem/tao/bem/ficou mal/ruim/ruins/lent*/fraco/fraca/pior/sofrivel/terrivel/devagar/demorad*/precari*
que .. servico/atendimento/suporte .. ruim/pessimo/horrivel
so piora
pior/piorou/piora/piores/piorando
passo* .. atras
muito lent*/lentissim*
lent* demais
tempo demais
passou/passaram .. limite/limites
nao .. assim .. trata
detest*/odei*/odia*
chega/basta .. de/disso/ja
sem avisar/aviso/consultar/perguntar/dizer/previo
nem liga
nao .. estao .. nem/ai
nao .. se .. import*
nao .. sab* .. nada/produto/responder/fazer
nao .. tinha/tem/tem nocao/ideia/preparo
despreparad*
atraso*/atrasad* .. prejudic*/afeta*/inaceit*/constante*/sempre/novamente/de/projeto
perdeu/perdemos/perdi .. dia/dias/semana/semanas/horas
arrepend*
nao .. tolerar/aguento/aguentamos/aguentar/engolir
aguentar/suportar .. isso/mais
complicad*/dificil .. demais/muito/usar
muito/demais/mais/tao complicad*/dificil
sempre .. mesma/mesmo/problema/problemas/desculpa
data*/prazo* .. cumpr*/adiad*/mudar*/perd*/nenhuma/estour*/remarc*
uma pena/lastima'),
    ('complaint', 'medium', 0.35, 'de novo/outra vez
reclamacao/reclamacoes
lent*
ruim/mal
problema/problemas
promet*
demor*
preocup*
sinceramente/francamente/serio
novamente
dificil/complicad*
nada'),
    ('complaint', 'low', 0, 'nenhuma/sem/nao/zero .. reclamacao/reclamacoes/queixa*/reclam*
desculp* .. incomod*/demora/atraso/insist*/transtorno/confusao
reclamam menos
clientes .. reclamam
meu/meus/nossos/os/um/seus/uns cliente/clientes .. content*/chatead*/insatisfeit*/irritad*/satisfeit*/reclam*/bravo*
clientes/cliente .. insatisfeit*/chatead*/irritad*/descontent*
nao .. problema
chega/chego/chegar na/no/em/so/ao/amanha/segunda/as/hoje/aqui/para/pra/a
chega .. cliente/reuniao/email/pedido
que chega
gosto muito
nao .. decepcion*/ruim/mal
nada mal
nao .. urgente/pressa
sem .. pressa/urgencia
obrigad* .. de novo/novamente
novamente .. obrigad*
mal posso
nunca .. decepcion*
resposta automatica
fora .. escritorio
chegar/chegou/chego
nao .. preocup*
nao .. arrepend*
servidor/api/sistema/app/pagina/site .. nao .. respond*
ninguem .. entrar/acessar/empresa/logar
semana/esta/vou .. demorar'),
    ('complaint', 'low', -1, 'desconsider*/ignor* .. mensagem/email/anterior
continuem assim'),
    -- Billing.
    ('billing', 'medium', 0.9, 'cobr*/fatur*/pag*/debit*/descont* .. duas/tres vezes/dobro
cobr*/fatur*/pagamento/pagamentos/debit* .. duplic*/dobro/repetid*/identic*/dupla/dobrad*
dupla/duas/dois/duplic*/dobro/outra .. cobranca*/debito*/fatura*/boleto*/pagamento*/lancamento*
em duplicidade/dobro/duplicado
cobr*/fatur*/pag* .. a/mais mais/maior/alem
continuam/continua/continuamos/voltaram/seguem .. cobrando/faturando/cobrar/debitando/pagando/descontando/faturar/recebendo
estao/continuam .. cobrar/faturar
cobr*/fatur*/debit* .. embora/indevid*/incorret*/errad*/taxa/sem/apesar/depois/mesmo/quando
cobr*/fatur* .. plano/anual/ano/usuarios/utilizadores/licencas/modulo*/algo/servico*/extra*/funcao/mes
cobr*/cobranca*/fatur*/pag*/debit* & nunca/exclu*/gratis/cancel*/gratuit*/desconhec*/surpresa/combin*/autoriz*/pedimos/pedi/solicitamos/contratamos/apagamos/removemos/removid*
erro*/diferenca/divergencia*/discrepancia*/problema*/inconsistencia* .. fatura*/faturamento/faturacao/cobranca*/boleto/nota/valor*/preco/pagamento*
FATURA .. errad*/incorret*/erro*/diferent*/estranh*/maior/inflad*/abusiv*/alt*/absurd*/divergent*/excessiv*
errad*/incorret*/estranh*/desconhecid*/indevid*/inesperad*/abusiv* .. fatura*/valor*/cobranca*/boleto/preco/nota/taxa*/lancamento*/cnpj/iva
fatura/nota/boleto/valor/cobranca/preco & nao .. bate*/confer*/correspond*/cert*/fecha*/reflet*/consta*/veio/reconhec*/aparece/era
nao .. bate*/confere* .. valor*/conta*/fatura*/numero*/total
conta*/valor*/numero* .. nao .. bate*/fecha*/confer*
ressarc*
devolucao .. valor/dinheiro/pago/pagamento/quantia/cobr*
quero/gostaria/solicit*/preciso/exij*/espero/esperamos/peco/pedimos/aguard* .. reembolso/estorno/devolucao/abatimento/credito/compensacao
devolv*/devolu* .. dinheiro/pagamento/pagamentos/valor/cobranca/grana/quantia/paguei/pagamos/diferenca
nao .. recebemos/recebi .. reembolso/estorno/devolucao/credito
cade/onde/quando .. reembolso/estorno/devolucao/devolvem
cade .. credito
nota .. credito
dinheiro .. volta
cartao/pagamento/pix/debito/transferencia .. recus*/neg*/rejeit*/falh*/bloque*/erro
cartao/pagamento .. nao .. passa*/aceit*/funciona*/process*/vai/foi/autoriz*
nao .. aceit*/passa*/process*/consigo/conseguimos .. cartao/pagamento*/pagar
recus* .. cartao/pagamento/debito/boleto
banco .. recus*/devolveu
por que .. fatura*/subiu/cobr*/preco/pago/pagamos/pagando/aument*/custa*/valor
porque/porquê .. pago/pagamos/cobr*
por que .. passamos
explic*/esclarec*/justific*/detalh* .. cobranca*/fatura*/taxa/valor/aumento/preco/boleto/debito
de que/o que .. e/se/trata .. cobranca/debito/valor/taxa
aument*/subi*/subiram/reajust*/encarec*/dobrou/dobraram/triplic*/duplicou .. preco*/fatura*/tarifa*/conta/mensalidade*/renovacao/licenca*/valor*/custo*/cento
preco*/fatura*/tarifa*/mensalidade*/renovacao/licenca*/valor*/custo*/assinatura .. aument*/subi*/subiram/reajust*/dobrou/dobraram/triplic*/duplicou/disparou
aumento/reajuste/subida .. preco*/valor*/mensalidade/tarifa*
conta/fatura/preco subiu
taxa/taxas/cobranca/cobrancas/valor/lancamento .. nao/adicional*/extra*/desconhecid*/indevid*/autorizad*/excedente/surpresa
nao .. reconhec*/autoriz*/pedi*/solicit*/contrat* & cobranca*/taxa*/fatura*/valor/item/modulo/debito*/cobra*
contest* .. taxa/cobranca/fatura/valor/debito
taxa .. excedente
mais caro/cara/de .. que/orc*/combin*/cotad*
muito/tao/bem/demais/bastante car*
caro/cara/alto demais
nao .. podemos/conseguimos/temos .. pagar/arcar/bancar
desconto*/promocao/cupom/credito & nao/falta/sem/aparece/nunca/cade
falta .. desconto
lembrete*/avisos/cobrancas/inadimpl*/divida/vencid*/suspen*/bloque*/pendente/mora & pag*
ja pagamos/paguei/pago .. cobr*/lembrete*/vencid*/bloque*/suspen*/atras*/juros/mas/duas
nao .. dev* .. nada/dinheiro/fatura
tarifa*/taxa*/valor*/preco* .. alta/altas/oculta*/abusiv*/salgad*
taxa .. adesao
tirem/retirem/tirar/remov* .. fatura/cobranca/taxa/boleto
fatura .. dolares/euros/reais/moeda & contrato/nao/deveria/e
corrig*/corrij*/retific*/refazer/reemit*/emitir/substituir .. fatura*/nota/boleto/nf/valor
fatura*/nota/boleto/nf .. corrig*/corrij*/retific*/refazer/reemit*
falta .. imposto/iva/nota
proporcional & estranho/errado/calculo/deveriamos/nao
deveriamos/deveria/devia pagar/cobrar/custar/ser
compensacao/ressarcimento
pagando .. a mais
pag* .. a maior
pag* .. mais .. que/devido/devemos
pag*/pagando .. por .. algo/usuarios/licencas/modulo*/nao/utilizadores .. nao/que
pago/pagamos/pagando .. usuarios/licencas/utilizadores .. temos/nao/so
cnpj/nif/iva/cpf/razao .. errad*/incorret*/outra/social
chargeback/contestacao
tir*/retir*/debit*/descont*/sac* .. reais/euros/dinheiro/conta/dolares/cartao
aparec*/veio/vejo/chegou/caiu .. cobranca*/debito*/lancamento*
mais .. do que .. orcado/combinado/contratado/cotado & fatur*/cobr*/caro/preco/pag*/custa
diferenca*/divergencia* .. orcamento/faturado/contrato/combinado/proposta/cotacao
dobr*/triplic*/duplic* .. fatura*/preco*/mensalidade
promet* .. desconto
desconto & nada/promet*
preco*/tarifa*/mensalidade* .. controle/absurd*/abusiv*/excessiv*/disparad*/altissim*/nuvens
falta* .. cnpj/nif/cpf/iva/pedido & nota/fatura/boleto
continuam/continua/ainda .. na fatura
cobr*/fatur* .. de novo/novamente
transferencia/iban/pix .. volta/voltou/invalid*/rejeit*/recus*
devolvam .. dinheiro/valor/pagamento*/nos/me/cobr*
multa .. atraso
juros
cobr*/debit* .. reais/euros/dolares/querer/engano
preco novo .. alto/caro/demais/nao/absurd*/salgad*
novo preco
nunca/nao aprov*/autoriz*
nao .. vou/vamos .. pagar .. por/isso/essa/esse/um
tir*/tirando .. dinheiro
valor/preco .. nao .. que .. fechamos/combinamos/acordamos
credito/desconto .. promet*/combin* .. nao
fatura/nota .. traz/diz/inclui .. quando/mas/e
recus* .. cartao
conta .. nao .. bate/fecha
quero/quando/cade/onde/preciso/ainda/solicit*/nao/meu/nosso/peco/exij*/aguard*/esper*/processaram .. reembols*/estorn*
reembols*/estorn* .. nao/ainda/valor/ate/pagamento/me/nos/cobranca
reverter .. cobranca/pagamento/valor
mais alto/alta/caro/cara/elevad* .. que
preco/renovacao/fatura/mensalidade .. mais alto/alta/caro/cara
so .. temos/somos/usamos .. usuarios/licencas/pessoas/utilizadores
fatura/cobram/cobraram & so/somos
duas faturas
aplic* .. errad*/aliquota/imposto/iva
dinheiro .. de volta
nov* tarifa*/preco*/mensalidade .. mais/pagar*/nao
pag*/pagando .. usuarios/licencas/utilizadores .. sairam/ha/ativos/usamos/usam
lembrete*/avisos .. boleto/fatura .. pag*
continuam/continua .. mandando/enviando/chegando .. lembrete*/avisos/cobranca*
corrij*/corrigir/ajust* .. valor/total/preco/iva'),
    ('billing', 'medium', 0.35, 'fatura/faturas
cobr*
boleto
pago/pagamento
preco*
car*
errad*/incorret*
cartao
nota'),
    ('billing', 'low', 0, 'obrigad* .. estorno/reembolso/fatura/cobranca/credito/desconto
nao precisa .. devolver/reembols*
fatura/nota/boleto/conta .. esta/estao/e cert*/corret*/ok/perfeit*
erro meu
sem .. erro/custo/taxa
contato .. cobranca
politica/condicoes .. reembolso*/devolucao/pagamento*/preco*/estorno
mudar/alter*/troc*/atualiz*/mudo/troco .. forma/metodo/meio/endereco/dados/cartao/contato
mandar/mandem/mandam/manda/enviar/enviem/enviam/reenvi*/compartilh*/precis* .. copia/pdf/fatura*/nota/recibo/xml
envi*/mand*/emit* .. fatura*/nota/boleto/recibo .. para/de/do/em
acab* de pag*
pag* .. fatura/boleto/nota & amanha/ontem/hoje/anexo/comprovante/acab*/segue
sera paga/pago
cliente/clientes .. pag*/fatura*/dev*/inadimpl*/vencid*/cobr*/preco
nossos/meus clientes
interromper/parar .. cobranca automatica
sem pagar .. outro
nao pagar mais
oferta/proposta .. fornecedor
mudamos .. razao
como .. registra/registro/registo
recebi/recebemos .. fatura/nota/boleto & obrigad*
recebi a fatura
cliente .. pediu/pede/solicit*
onde .. anoto/registro
baixar .. faturas
onde .. vejo/ver .. fatura
qual/quando .. fatura .. paga/vence'),
    -- Outage.
    ('outage', 'high', 0.9, 'fora .. ar
sistema/plataforma/site/servico/servidor/portal/api .. caiu/fora/caindo/caido
caiu .. novo/sistema/servico/plataforma/site/tudo/outra
caiu/caindo .. para/aqui/desde
quarta/terceira/segunda/outra/nova .. queda
instabilidade/instavel/indisponibilidade/indispon*/inacessivel/inoperante/inutilizavel/apagao
500*/502*/503*/504*/404*/429*/401*/403*
erro*/error .. interno/servidor/conexao/desconhecido/inesperado/codigo/rede/autenticacao/ao/quando/em/toda/desde
aparece/da/mostra/retorna/recebo/dando/dá/devolve/vejo/diz/deu/apresenta/gera/acusa/exibe/recebemos/tomando/continua .. erro*/timeout*/falha*/error
mensagem/tela/pagina .. erro
timeout/timeouts
nao .. ANDAR
COISA .. nao .. ANDAR
nao .. consigo/conseguimos/consegue/conseguem/conseguindo/deixa/permite/da/consegui .. ENTRAR
ninguem .. ENTRAR
ninguem .. consegue/conseguiu
nenhum* .. ENTRAR/ANDAR/consegue
impossivel/incapaz .. ENTRAR
sem conseguir .. ENTRAR
nada .. ANDAR/acontece
nada .. na .. tela
parou/pararam/deixou/deixaram/para de .. ANDAR/funcionar/sincronizar/enviar/carregar/chegar/responder
COISA .. parou/pararam/falh*/quebr*/caiu/vazi*/trav*/congel*/bloque*/interromp*/cai/pifou/desconect*/sumi*/bug*/instav*/inst*/emperr*/engasg*
fica/ficam/ficou/ficando .. carregando/rodando/girando/pensando/branco/branca/travad*/processando/parad*/preso/presa/eternamente/carregar/rodar
servico .. indisponivel/interrompido
sem .. servico/acesso/sistema/conexao/sinal/dados/conseguir
sumiu/sumiram/desaparec*/sumindo
bloquead*
trava/travou/travando/travado/travada/travam/congela/congelou/congelando/engasga*/emperr*
fecha/fechando/desliga/reinicia/cai .. sozinh*/assim/quando/toda/sempre/do/nada
tela/pagina/ecra .. branca/branco/preta/azul/vazia
em branco
tempo limite
estoura*
quebrad*/quebrou/quebra/pifou/pifad*
algo deu errado
sessao .. invalida/expira*/cai/caindo/expirou
deslog*/desconect*/expuls*/derrub*
arquivo/ficheiro/relatorio .. vazio/corrompido
producao parada/fora
demor*/leva*/levando/demorando .. minutos/horas/seculos/eternidade/segundos/abrir/carregar/anos
lent*/devagar .. que/usar/inutil*/trabalhar/impossivel/hoje/sistema/plataforma/tudo
tudo/sistema/plataforma/app/anda/programa/pagina/site/portal .. lent*/lentissim*/devagar/lerd*/arrastando/arrastad*
nao .. da .. para/pra .. usar/trabalhar/acessar/entrar/abrir/fazer
nao .. tem .. acesso/sistema/como
problema*/falha*/dificuldade*/erro* .. para/pra/com/no/na/ao/em COISA/ENTRAR
estao/tem/esta/estamos .. com/algum .. problema*/falha*/instabilidade*
acesso/permissao negad*
ninguem & consegue/conseguiu/conseguimos/pode & ENTRAR
dados .. sumi*/desatualiz*/errad*/antig*/incorret*/perdidos
perdemos/perdi/perderam .. acesso/dados/informacoes/registros/trabalho/contatos
parou/pararam .. funcionar/desde/ontem
parou tudo
tudo parou
esta/ta/ficou/continua parado/parada/travado/travada/quebrado/quebrada/caido/morto
esta/ta/tudo/ficou/continua fora .. ar/desde/hoje/novamente/do
sistema .. oscil*/instav*/lent*/intermit*
me .. tira/chuta/derruba/expulsa/desloga/desconecta .. do/da/toda/sempre/a/assim/quando
rodinha/rodela/circulo/ampulheta
COISA .. mort*/pifad*
fora .. desde/total .. manha/ontem/hoje/cedo
loop/excecao
volta/voltando/manda/joga/redireciona .. inicio/login/tela
nao .. rodou/roda/execut*/process*/gerou
nunca .. chegam .. destino/destinatario*
emails/mensagens .. nunca .. cheg*
nao .. receb* .. nenhum*/emails/mensagens/respostas/notificacoes/alertas .. desde
nao .. receb* .. mensagens/emails/notificacoes/alertas
sem receber .. emails/mensagens/notificacoes/alertas/dados
congelou/travou .. tudo
metade .. ve/veem/consegue .. vazi*/nao
pagina/tela/lista/inicio .. vazi*/vazia
nao .. atualizando
nao .. cheg* .. ao .. app/sistema
numeros/dados .. sao .. semana/ontem/antig*
so comigo
arrastando/se arrasta
emails/mensagens/avisos/notificacoes .. horas/dias/atraso/atrasad*
emails/notificacoes/alertas/mensagens/sincronizacao .. atraso/atrasad*/demora/tarde
derrub* .. sistema/toda/sempre/do
servidor .. nao .. respond*
falha .. no/ao/sempre/ultimo/toda
acesso/permissao negado/negada/proibido
nao acontece/faz nada
nenhum*/ninguem & ve/veem/consegu*/abre/entra/acess*
aparec*/esta/sai .. vazi*
nem reage
nao .. reage'),
    ('outage', 'medium', 0.35, 'erro
falh*
queda
desatualizad*
lent*
desde .. cedo/manha/ontem/hoje/segunda/atualizacao/domingo/sexta/fim
problema/problemas
vazi*
hoje/agora
intermiten*
bug*'),
    ('outage', 'low', 0, 'nao .. nenhum erro/problema
sem .. erro/erros/problema/problemas/falhas
nao .. era/foi .. erro
nao .. falhou
nao .. tem/houve/temos/tivemos .. erro/problema/falha
erro .. meu/nosso/minha
ja consigo
ja entro/funciona/entrei
ja .. funcion*/consigo/entr*/normaliz*/voltou/resolv*
voltou .. carregar/funcionar/normal
tudo funcionando
nao .. encontr*/ach*
fora .. escritorio
manutencao
ontem/passada/passado/anterior .. resolv*/passou/obrigad*/ja
problema/erro/incidente/queda/falha/lentidao/instabilidade .. resolv*/sumiu/desaparec*/corrig*/superad*/ontem
foi/era/estava/ficou/esta .. resolvid*/corrigid*/solucionad*
obrigad* .. resolver/corrigir/ajuda/rapid*
como/onde/se/posso/podemos .. configur*/alter*/filtr*/ativ*/faco/fazer/adicion*/ver/saber/mud*/desativ*
como .. ENTRAR
existe/tem/ha .. jeito/forma/maneira/opcao/limite/modo .. de/para/pra
quando/se .. um/uma/meu/o/algum .. cliente/uso/integracao/sincronizacao/api .. cai/falh*/sai/para
avis*/alert*/notific* .. se/quando
uso/consumo/vendas/nota/score/saude/preco .. ca*/baix*
nao .. vou/poderei/posso/podemos/vamos/poderemos/consigo .. participar/ir/chegar/comparecer/estar/presente/conseguir
nao .. vou conseguir
nao .. cheg* .. a/tempo/reuniao/acordo
nao .. vai/vou/vamos .. dar/poder
nao .. sab*/entend*
ninguem .. sabe/respond*/atend*/lig*/ajud*/da/escut*/le/retorn*
nao .. respond*/retorn* .. voces/ninguem/email/mensagem*/chamado/suporte/me/nos
nao .. presta
cartao/pagamento/cobranca/desconto/boleto .. nao/erro/falh*
erro .. fatura/cobranca/boleto
sala/projetor/escritorio .. nao .. funciona
como .. limit*/apagar/restringir
nao .. ha/tem .. botao/opcao
para podermos/poder
orcamento/contrat*/vagas .. congel*
congel* .. orcamento/contrat*/vagas
nada .. content*/feliz/satisfeit*
ontem/anteontem tivemos/houve
nosso proprio/propria
nada a ver .. voces
consultor/ninguem/gerente .. nao .. apareceu
dinheiro .. volta
gastos .. congel*
congel* .. gastos
e normal
parad* .. ha .. ano/meses
licencas .. parad*
consultor/instrutor/tecnico .. chegou
tudo congelado
time/equipe .. desesperad*
finalmente
resolvemos/solucionamos
era .. nosso/nossa
nao .. import*
desde entao
mas .. desde/ja/agora .. bem/perfeito/estavel/normal'),
    ('outage', 'low', -1, 'alarme falso
desconsider*/ignor* .. mensagem/email/anterior
erro .. estava/era/foi .. meu/nosso/minha/nossa
ja .. funcion*/normaliz* .. obrigad*/tudo/perfeit*/bem
tudo .. funcionando/normal/voltou .. bem/perfeit*/normalidade/normal/novo
voltou/voltaram .. normal/normalidade
obrigad* .. resolver/resolverem/corrigir/resolvido/corrigirem/restabelecer
nao voltou/voltaram
ja .. resolvid*/corrigid*/solucionad*'),
    -- Competitor.
    ('competitor', 'medium', 0.9, '! RIVAL
hubspot/salesforce/zendesk/intercom/freshdesk/dynamics/zoho/pipedrive & migrar/mudar/passar/trocar/juntar/substitu*/brinde/oferec*/gratis/success/barat*/compar*/unificar/consolid*/alternativa/tudo/padroniz*/inclu*
concorrente* & ofer*/proposta/preco*/barat*/lig*/contat*/contact*/demo*/test*/avali*/compar*/olh*/troc*/mud*/migr*/assin*/fech*/tem/faz/apresent*/cot*/procur*/ganh*/vence*
concorrencia .. direta/ofer*/tem/faz/voces/cobra*/lig*/proposta/barat*
com/na/da/ver/pra/pela concorrencia
outro/outros/outra/outras/nov*/vari*/dois/tres/quatro/demais/diferent* .. fornecedor*/vendor*
rev*/avali*/compar*/licit*/busc*/analis*/selec*/troc*/cota* .. fornecedor*
OLHAR & outra/outras/outro/outros/diferent*/varias/varios/nova/novo FORNECEDOR
outra empresa/ferramenta/plataforma & proposta/oferta/barat*/oferec*/troc*/migr*/matriz/usa
alternativa* & OLHAR/ano/mercado/tem/barat*
OLHAR .. alternativa*/opcoes/outras/outros/mercado
outras/outros/outra/mais opcoes/alternativas
mercado & olhar/vendo/olhando/ver/busc*/compar*/explor*/sond*/pesquis*/opcoes/analis*
que .. mais .. existe/tem/ha/oferece .. mercado/por/ai
compar* .. com .. outra/outras/outro/outros/duas/tres/concorrencia
compar*/diferenca*/diferenci*/melhor* .. voces/seu/vosso/vossa .. com/para/frente/em/que
avali*/compar*/test* .. outra/outras/outro/outros
mais barat*/em .. proposta/oferta/opcao/fornecedor/alternativa/conta
proposta/oferta/opcao/alternativa/cotacao/orcamento/preco .. barat*/melhor*/atraente*/atrativ*/competitiv*/metade/tentador*/conta
licitacao/concurso/rfp/rfi/bid .. fornecedor*/software/sistema/renov*/plataforma/abrir/abrimos/lanc*/particip*/convid*/novo/contrato/ferramenta
abrir/abrimos/abriu/lanc*/vamos/novo/num/sair .. licitacao/concurso/rfp/rfi/bid
metade .. preco/custa/custo/que/cobram
pela metade
custa/vale/cobra*/sai .. metade/menos
mesmo/mesma .. menos/metade
cobrir*/igual* .. oferta/proposta/preco/cotacao
cotac*/orcamento*/oferta*/proposta* .. outro*/outra*/varias/varios/ramo/concorrent*/mercado
tres/dois/duas/varias/varios/outras/outros cotac*/orcamento*/oferta*/proposta*
trocar/troca/trocando/mudar/mudando/mudanca/trocamos/mudamos .. de .. fornecedor/ferramenta/plataforma/sistema/software
substitu* .. por/voces/ferramenta/plataforma
substituto/substituta
migrar*/mudar*/migraremos/migremos/migre/mudamos .. para/pra/pro .. outra/outro/deles
ir/vamos/fech*/assin*/ficar/fechamos/assinamos .. com .. outro/outra/outros/eles
matriz/grupo/corporativo/holding & outra/usa/deles/propria/migr*
demo*/apresentacao/teste .. de/com/da/do .. outra/outro/concorrent*
outra/outro/uma .. empresa/fornecedor/firma .. contat*/lig*/oferec*/procur*/apresent*/abord*
nos/me .. contat*/oferec*/procur*/lig*/visit*/abord* .. preco/outra/outro/vendedor/comercial/barat*
migrar*/passar*/mudar*/migraremos/migremos .. para/pra/pro .. outra/outro/deles .. FORNECEDOR
migre/migrar .. para .. deles
compar* .. com .. alternativas/opcoes/duas/tres
usava*/usamos .. outro/outra produto/ferramenta/plataforma
o mesmo por menos
RIVAL .. oferta/proposta/preco
rival/rivais
comparativ* .. entre/com .. voces/fornecedor*/ferramenta*/opcoes
conversando/falando/reuniao .. com .. fornecedor*
mais dois/tres/alguns fornecedor*
oferec*/promet* .. mesmo/migrar/escopo
que .. fariam .. ficarmos/ficar
ferramenta/plataforma/software/produto/solucao/opcao/sistema/empresa .. mais barat*
mais barat* .. que/faz/mesmo/ferramenta/plataforma
faz/fazem o mesmo .. barat*/menos
mudar/trocar/migrar/passar .. para/por/pra outra/outro
dois/tres/quatro/cinco/entre finalista
outras/outros ferramentas/plataformas/fornecedores/solucoes/produtos'),
    ('competitor', 'medium', 0.35, 'barat*
outra/outro ferramenta/plataforma/produto/sistema
avali*/compar*
alternativa*
demo*
atraente*/atrativ*'),
    ('competitor', 'low', 0, 'nao/nem .. olhando/avaliando/buscando/comparando/procurando/interesse/troc*/mud*/plan* .. concorrencia/concorrentes/alternativas/outros/outras/outro/outra/fornecedor
feliz/felizes/content* .. escolhid*/escolher
ganharam/ganhou .. nossa/voces/jogo/partida/concurso .. fotografia
noss*/meu/meus/propria .. concorrencia/concorrent*
ganh*/tir* .. de um concorrente
cliente/clientes .. compar*/concorrencia/concorrente*/troc*/outro/outra/alternativas
fornecedor .. pagamento*/internet/email/identidade/hospedagem/nuvem/sso
compar* .. clientes/meses/trimestre*/contas/periodo*/segmento*/planos/plano/regio*/ano/relatorio*
viemos/migramos/vindo/passamos .. do/da/de .. RIVAL
deixamos .. RIVAL'),
    -- A name (NAME: a capital within a sentence) in the place of a rival needs no list of products.
    ('competitor', 'medium', 0.9, 'fech*/assin*/contrat*/ir/vamos/fic* .. com/pela/pelo NAME
mud*/migr*/pass*/troc* .. pra/pro/pela/pelo/ao NAME
teste/piloto/demo/proposta/oferta/cotacao/orcamento/apresentacao .. da/do/de/dos/das NAME
NAME .. me/nos .. fez/ofer*/cot*/mand*/propos*/mostr*
NAME .. apresent*/ofer*/cot*/propos*
pessoal/gente/vendedor*/turma/equipa/comercial/rapaz/moca .. da/do/dos/das/de NAME
entre/contra/versus/vs/face .. NAME .. e/ou voces
voces/vosso/vossa .. ou/e/vs/versus/contra/face .. NAME
diferenca*/compar* .. NAME .. vosso/voces/vossa/seu/com
diferenca*/compar* .. com/da/do/de/a .. NAME
como .. o/a/na/no/da/do NAME .. tem/faz
igual .. a/o/ao/da/do/no/na NAME
mesmo .. que .. o/a/ao/da/do/na/no NAME
que .. da/do NAME
vi/ver/vimos/viu/fui .. da/do/a/o NAME
NAME .. faz/tem/resolve/resolveu .. melhor/gratis/metade/minutos/tarde/ja/barato
usa/usam/usar/usando/usamos .. NAME .. enquanto
enquanto .. no/com/pelo/usando/usa* NAME
trabalh*/veio/vem .. com/na/no/da/do NAME & quer*/pergunt*/mostr*/compar*
me/nos fez/fizeram .. proposta
startup .. de/do/da/rond*/apresent*/ofer*
rondando/assediando/cortejando .. gente/nos
lado a lado
grelha/planilha/tabela/quadro/matriz .. comparativ*/dois/voces/compar*
cuadro/quadro/planilha/tabela comparativ*
dois/duas/ambos/ambas .. sistemas/ferramentas/plataformas/propostas/opcoes
mostrar .. os/as dois/duas
outra/outro .. ferramenta/plataforma/sistema/software/empresa/fornecedor/app & test*/demo/cot*/proposta/migr*/mud*/troc*/avali*/compar*/gratis/barat*/fech*/assin*/orcamento
la/concorrente .. tem/faz .. isso/tudo
concorrente* .. seu/vosso/voces/seus/vossos/ofer*/lig*
coluna/linha .. voces/vossa .. vazia/certa
qual/quais .. diferencial/diferenca*/vantage* .. voces/vosso/vossa
assisti*/vi/vimos .. demo/apresentacao'),
    ('competitor', 'medium', 0.35, 'demo/reuniao/piloto/teste/proposta .. com NAME
conhec* .. o/a NAME
NAME .. melhor/barat*/gratis/bonit*/facil/rapid*
ouvir/ver voces .. tambem
os/as dois/duas
demo da/do/de
proposta boa/melhor/interessante/tentadora
diferenca*
concorrente*/concorrencia
apresent*'),
    ('competitor', 'low', 0, 'concorrencia .. foi/estava .. feroz/grande/saudavel
concurso .. de/interno/publico/fotografia/cultural
nosso/minha/meu/nossa/nossos .. mercado/concorrencia/concorrente*
mercado .. com .. nossa/nosso
monitorar/acompanhar/rastrear .. concorrente*/marca*/falam
lider .. de/do mercado
integracao/conector/api/import*/export*/sincroniz* .. com/de/da/do NAME'),
    ('cancellation', 'high', 0.9, 'quebr*/romp*/sair/rescind* .. contrato
data .. final/fim/termino/saida .. com/contrato/voces
pagar*/multa/penalidade/fidelizacao/fidelidade .. sair/cancel*/saida/rescind*
sair/cancel*/saida/rescind* .. multa/penalidade/fidelizacao/fidelidade
ultima/ultimo .. anuidade/mensalidade/mes/ano/fatura .. com/voces/vosco
esta/nossa/essa ultima .. anuidade/mensalidade/fatura/renovacao
nossa ultima
larg*/deix*/abandon*/troc* voces
eu/gente .. largar/sair/deixar .. voces
nao .. sei .. segur*/mant*
cortar/cortando/corte/reduzir .. fornecedores/ferramentas/sistemas/contratos
voces .. vermelho/lista/corte .. folha/corte/fora
nao .. segu*/continu*/prossegu*/renov* .. com voces/convosco/servico/licenca/plataforma/contrato
nao .. faz sentido .. continu*/pag*/renov*/mant*/segu*
baix*/pass*/mud*/volt* .. plano/versao .. gratuit*/gratis/free
deix*/par* .. de usar/utilizar/pagar .. voces/plataforma/sistema/servico/ferramenta
carta .. denuncia/rescisao/cancelamento
sair .. ja/em/no .. janeiro/fevereiro/marco/abril/maio/junho/julho/agosto/setembro/outubro/novembro/dezembro/mes/ano
encerro/cancelo .. conta/assinatura/plano/recorrente
ja nao vamos/precisamos/queremos .. usar/mais
despedir/adeus/tchau .. voces'),
    ('cancellation', 'medium', 0.35, 'fidelizacao/fidelidade/multa
backup .. data/final/dados
segurar'),
    ('cancellation', 'low', 0, 'pode/podem deixar
deix* .. combinad*/registrad*/claro/abatid*/avisad*/pronto/aqui/registad*
contrato .. trabalho/aluguel/arrendamento/emprego/luz
colaborador*/funcionari*/empregad*/alun*/associad*/paciente*/inquilin*/hospede* .. rescind*/saiu/saida/deslig*/cancel*/sair
cancel*/desmarc*/anul* .. cafe/almoco/jantar/reuniao/visita/consulta/voo/hotel/reserva*/pedido/aula/treinamento/chamada/oficina/juros
dele que/e outro/outra
newsletter/boletim/promoc*'),
    ('complaint', 'medium', 0.9, 'enrol*/embrom*
indecente/vergonh*/palhacad*/porcaria/lixo/merda/arcaic*/ridicul*/descaso/desrespeit*/amador*/gambiarra/bagunca/despreparad*/vexame/furada/absurd*
brinc* .. com .. cara/gente/nossa
somem/some/sumiram/desaparec* .. depois/quando/voces
voces .. somem/sumiram/desaparec*/enrol*/ignor*
combin*/promet*/garant*/ficou .. em/pra .. janeiro/fevereiro/marco/abril/maio/junho/julho/agosto/setembro/outubro/novembro/dezembro
ha .. anos/meses/semanas .. que .. peco/pedimos/esper*/espero/aguard*
desde .. copa/natal/janeiro/marco/abril/maio .. esper*/aguard*/pedindo
como .. e .. que acham/fico
nunca correspond*/funcionou/cumpri*/entreg*
nao .. correspond* .. ao/promet*/mostr*/vend*
refazer .. sozinh*/tudo
tive/tivemos/ter .. de/que refazer
quer .. que eu fale/diga/explique
copia e cola
paciencia/confianca .. esgot*/acab*/fim
esperava*/esperavamos .. mais
indign*/revolt*/chatead*/aborrecid*/irritad*/frustr*/decepc*/desilud*/zangad*
cade .. suporte/resposta/retorno/voces/atendimento
nao .. aprend*/import*/levam .. serio/nada
sempre .. mesma .. coisa/historia/desculpa/conversa
toda vez/hora/semana .. mesma/mesmo/problema/desculpa
impressionante
nao .. e .. servico/maneira/forma/jeito/aceitavel/normal/serio
cansad*/farto/fartos/farta/exaust* .. de/da/do/desse
demor*/leva/levam/levou .. semanas/meses/dias/seculo*/eternidade'),
    ('complaint', 'medium', 0.35, 'acho/achei .. mal/ruim/feio
sozinh*
sem .. avis*
demais
cade'),
    ('complaint', 'low', 0, 'carrinho* abandon*
abandon* .. carrinho*
jeito que .. ta/esta'),
    ('billing', 'medium', 0.9, 'juros/multa .. fatura/boleto/cobr*/sistema/atraso/sobre
cobr* .. juros/multa/mais/indevid*/igual/dobro
estorna/estornem/estornar/estornado .. me/nos/pra/valor/cobranca/isso
devolv*/devolver*/ressarc*/reembols* .. centimo/dinheiro/valor/anuidade/diferenca/mensalidade/pagamento/metade/nos/me/reais/euros
debit*/cobr*/fatur* .. a mais
diferenca .. de volta
valor/preco .. antigo/antes/anterior/combin*/contrat*
vindo/veio/vem/cobr* .. em vez
em vez .. de .. & valor/plano/fatura/boleto/preco/mensalidade
taxa .. implantacao/adesao/setup/extra/nota/mes
aparec*/veio .. taxa/valor/cobranca/item .. nota/fatura/boleto
tir*/retir*/remov* .. da/do .. fatura/cobranca/boleto/nota
acerto/abatimento .. fatura/conta/valor/diferenca/queremos/cobranca
quer* .. acerto/estorno/reembolso/devolucao/abatimento
aumento/aumentos/reajuste/reajustes/subida .. percent/preco/mensalidade/plano/fatura/valor/tabela
percent .. aumento/reajuste/mais .. fatura/preco/mensalidade/plano/renovacao/caro/contrato/ano
subi*/aument*/reajust* .. fatura/preco/mensalidade/plano/renovacao/contrato/valor .. percent
com/esse/este .. aumento/reajuste
mud*/alter* .. plano/valor/preco .. sem avis*
nunca/nao .. dev* .. entr*/cobr*/fatur*
refund/chargeback
por .. por mes & fech*/conta/caro/volt*
pix/boleto/pagamento .. nao .. baix*/reconhec*/identific*/caiu/compens*
pag* .. nao .. baix*/reconhec*/identific*/consta'),
    ('billing', 'low', 0, 'um/uma/meus/nossos/os/as alun*/associad*/paciente*/inquilin*/hospede*/client*/doador*
base/ambiente .. treino/treinamento/teste
exemplo .. fatura/cobranca/boleto
foi .. minha/meu/nosso/nossa .. que .. pag*
ta/esta tudo certo .. com/voces
cobranca recorrente'),
    ('outage', 'high', 0.9, 'deix*/par* .. de .. funcionar/correr/carregar/sincronizar/enviar/responder/emitir/imprimir/chegar/receber
sem .. carregar/sincronizar/funcionar/receber/emitir/acesso/conectar/abrir/conseguir
segue/continua/continuamos/seguimos/novo sem
nao .. devolv*/retorn*/traz* .. result*/nada/dado*/registo*/registro*
nao .. convers*/comunic*/integr* .. com .. sistema/erp/app/desde/plataforma
COISA .. mort*/travad*/parad*/congelad*/fora/caid*
esta*/ta/tao .. travad*/mort*/parad*/fora/congelad*
nao .. emite/imprime/liga/abre/loga/entra/sobe/gera/roda
ninguem .. consegue/conseguiu/entra
voltarem/voltar/restabelec* .. ar/servico/sistema/antes
caiu/cair .. sistema/servico/site/tudo/plataforma/app
da/deu/dando .. erro .. ao/quando/em/toda/na/no'),
    ('outage', 'low', 0, 'caiu .. raio/pix/dinheiro/pagamento/arvore/ficha
sem energia/luz
pix/boleto/pagamento .. baixado
newsletter
lerd*/lentid*/bug/erro/problema .. sumiu/desapareceu/acabou/passou
nunca mais .. repet*/acontec*
nosso/meu .. internet/wifi/roteador/servidor/impressora/router'),
    -- What is none, whatever it speaks of: their mistake, somebody else's trouble, nobody at the desk.
    ('any', 'low', -1, 'alarme falso
falso alarme
erro/culpa/falha/engano .. meu/nosso/minha/nossa
foi .. erro/culpa/engano .. meu/nosso/minha/nossa
tudo certo com voces
resposta/mensagem automatica
fora do escritorio
licenca .. maternidade/paternidade
era .. problema/coisa .. nosso/nossa'),
    ('any', 'low', 0, 'vizinh*/cunhad*/marido/esposa/esposo/amig*
colega .. de outra/outro
nao .. voces/vosso
assunto encerrado'),
    ('competitor', 'medium', 0.9, 'orcamento/cotacao/proposta/oferta/trial/teste/experimental/piloto .. da/do/de/na/no/com NAME
abri/abrimos/fiz/fizemos/pedindo/pedi/pedimos/rodando/fazendo .. teste/trial/demo/piloto .. do/da/de/no/na
periodo experimental
nao .. a/o NAME
NAME .. percent/metade/menos/barat*
por que .. pagar voces
porque .. voces .. e nao
ja esta/estao/estamos todo/todos/toda .. no/na NAME
time/equipe/equipa/pessoal .. no/na NAME
outro/outra app/aplicativo/software/sistema/ferramenta/plataforma/player .. que/resolve/faz/mais
encontrei/encontramos/achei/achamos .. outro/outra/app/alternativa
NAME .. veio/vieram/vem .. apresent*/mostrar/demo
veio/vieram/vem .. apresentar/mostrar/vender .. produto/ferramenta/solucao/plataforma/sistema
consulta ao mercado
benchmark .. com/dois/players/fornecedores
dois/duas/tres/outros/outras players/casas/empresas/fornecedores/sistemas/ferramentas/produtos
mais tres/duas/dois empresas/fornecedores/propostas
pessoal/gente .. da/do/de NAME .. fal*/atend*/respond*/resolv*/ofer*
com .. da/do NAME .. com voces
subi/coloquei/botamos/pusemos/instalei .. da/do/de/o/a NAME
abaixo .. gostaria*/voces/preco/proposta/valor
maravilha*/encantad*/apaixonad* .. com/da/do NAME
NAME .. que .. voces'),
    ('competitor', 'medium', 0.35, 'da/do/na/no/a NAME .. voces/vosso/vossa
usar/usa/usando NAME'),
    ('competitor', 'low', 0, 'viemos/vim/veio/vinhamos .. da/do/de concorrencia/concorrente/outro/outra'),
    ('cancellation', 'high', 0.9, 'quer*/vou/vamos/pens* .. desistir .. disto/disso/de/da/do
nao .. faz .. sentido .. manter/ficar/seguir/continuar/pagar
ja nao fico/ficamos/fica
nao fico/ficamos/ficaremos .. mais/mes/com
mes que vem .. nao/saio/saimos/fico
ultimo/ultima mes/ano/dia .. nosso/nossa/ai/aqui
sistema/ferramenta/plataforma/solucao propri*
dar .. o/meu/nosso churn
deadline/prazo .. avisar/cancelar/aviso/sair
pode/podem desligar/encerrar/cancelar/excluir/fechar .. meu/minha/nosso/nossa/conta/tudo
pedir/peco/pedimos/quero/solicito .. desligamento/encerramento/cancelamento/rescisao
vamos/vou/iremos embora
contrato .. cessa/termina/acaba/encerra .. em/no/dia/a/convosco
denunci* .. contrato
ou .. ou .. vamos/vou embora/sair/cancel*'),
    ('cancellation', 'low', 0, 'cancel* .. de jeito nenhum
de jeito nenhum
feira/feirao/evento/festa/congresso .. cancel*
paguei/pago .. baixa
comprovante .. baixa
igual numero
mud* .. sede/escritorio/endereco/morada'),
    ('complaint', 'medium', 0.9, 'propaganda enganosa
falar .. boneco/parede/robo/sozinho/menu
pouco mais de respeito/atencao/seriedade
mais respeito
nao e .. a primeira/segunda vez
responde*/respondem .. com links/link/menu/robo/modelo
parabens .. envolvidos
gente de verdade
nunca vi .. tao/programa/ruim/pior
programa/sistema/app/software/atendimento/suporte .. ruim/horrivel/pessimo/lixo/fraco
competente .. trat*/resolv*/algu*
alguem competente
vergonha
a seculos/anos
descaso/desleixo/incompeten*'),
    ('complaint', 'low', 0, 'ninguem .. ficou .. zangad*/chatead*
ninguem .. consegue/entra/acessa
cartao .. recus* .. vezes
jogo/coracao/futebol
peco/pedimos desculpa*
peco desculpa'),
    ('billing', 'medium', 0.9, 'fatura/boleto/cobranca/nota .. inteiro/cheia/integral/errad*/novamente/novo
nao concord* .. cobranca/fatura/valor/taxa/aumento/reajuste
discord* .. cobranca/fatura/valor/taxa/aumento
nao aceit* .. tabela/aumento/reajuste/valor/preco/cobranca
nova tabela
fora .. realidade/mercado/orcamento
valor .. renovacao .. fora/alto/caro/absurdo
dobrou/triplicou/duplicou .. valor/preco/mensalidade/fatura
reembolso/estorno/devolucao .. nao/ainda/quando/previsao/cade/nada
credito .. nao/cade/nada/previsao
pricing/tier/escalao .. errad*/incluid*/cobr*
cobr* .. incluid*/combinad*/errad*
solicit*/ped*/pec* .. anulacao/correcao/acerto/estorno/reembolso .. fatura/cobranca/juros/imediat*
fatura .. ano novo
o aumento .. e/em/foi/veio
saber .. aumento'),
    ('billing', 'low', 0, 'faco/fazer/como/onde .. estorno/reembolso/devolucao
meu cobro
cartao .. de um/uma'),
    ('outage', 'high', 0.9, 'bot/robo/chat/api/webhook/integracao/COISA .. morreu/morto/caiu/parou/travou
retorn*/devolv*/vem/vindo vazi*
a zeros/zero
todo a zeros
ninguem .. consegue/entra/acessa/loga
travamento*/travando/trava/bloqueia/congela
bloqueia .. de/a/sempre
perd* .. ligacao/conexao/sinal
apaga se
nao arranca/liga/abre/sobe
nao .. conseg* .. bater/emitir/vender/passar/entrar/abrir/logar/registar/registrar'),
    ('outage', 'low', 0, 'objec*'),
    ('billing', 'low', 0, 'como .. anulo/faco/cancelo/marco/emito
quantos creditos
cartao novo
tabela de precos'),
    ('outage', 'low', 0, 'o que significa
erro de digitacao
log de erros
funciona offline'),
    ('competitor', 'low', 0, 'demo .. do modulo
plano NAME
sede/filial/escritorio/loja .. NAME
falei com a/o NAME'),
    ('competitor', 'medium', 0.9, 'usava/usavam/usou/conhece NAME .. emprego/empresa/anterior/antes/trabalho
mostr*/recomend*/indic*/mencion*/falou/falaram/suger* .. o/a/do/da/no/na NAME
em vez/lugar .. de .. NAME
ficar com voces .. em/ou/vez
inclinad*/inclinand*/tendendo .. pra/para/pela/pelo/a/o NAME
na/no/com NAME .. sai/custa/me/nos/fica/tem/consigo
NAME .. o mesmo
outros/outras/demais sistemas/ferramentas/plataformas/programas/apps/fornecedores .. ja/tem/trazem/fazem/oferecem/conseguem
melhor/melhores .. que .. os/as outros/demais/resto/concorrencia
em que .. voces .. melhores/diferentes
lista .. de alternativas/opcoes/fornecedores/ferramentas
que mais .. ha/existe/tem .. ai/mercado/fora
apresentacao/demo/palestra .. rival/concorrente/outro/outra
rival/concorrente .. de voces/vosso/seu
voces e a/o/com NAME
NAME .. e voces
moco/rapaz/moca/alguem/vendedor/pessoal/gente da/do NAME
tres/dois/varios orcamentos/propostas/cotacoes
oferta .. agressiva/tentadora/melhor/barata
cobrir/igualar .. oferta/preco/proposta'),
    ('competitor', 'medium', 0.35, 'usa* NAME
rival
em vez de
queixo caido'),
    ('cancellation', 'high', 0.9, 'aviso/notificacao/comunicado de saida/rescisao/cancelamento/encerramento/nao
nao .. vamos/vou .. mais precisar/usar/querer
nao .. precisa*/usa* mais .. sistema/voces/ferramenta/plataforma
preciso/precisamos/fazer/faco .. para/pra .. encerrar/cancelar/sair/rescindir
multa/taxa/penalidade .. se .. sair*/cancel*/rescind*/deix*
me/nos livrar .. de/do/da/tudo
jogar/jogamos .. toalha
dar/damos/dou por encerrad*/terminad*
projeto .. licencas/contas .. podem/sobra*/ir
matou/cancelou/encerrou .. projeto
licencas/usuarios/conta .. sobra*
pens*/repens*/duvid* .. se .. continuamos/seguimos/continuar/renovamos/ficamos
nao cobrem .. mais
pra/para nos/mim acabou/chega
fech* .. portas/loja/empresa/negocio .. vez/definitiv*
fecha de vez
falencia/insolvencia
volt* .. pra/para/ao/a .. planilha/caderno/papel/excel
desenvolv*/fazer/criar .. propri* .. sistema/ferramenta/solucao
desligar/desliguem/apagar/apaguem/excluir/encerrem/encerrar .. conta/acesso/dados/tudo
quanta/qual antecedencia
aviso previo
nao .. renova/renove .. sozinh*/automatic*/janeiro
nao .. nos/me serve/interessa mais'),
    ('complaint', 'medium', 0.9, 'segundo/terceiro/quarto/outro/novo consultor/gerente/atendente/tecnico/agente .. em/de/novo/explic*/mes*
explicar/explicando/explico .. tudo/novo/vez/zero
fala*/trata* .. como se
foi/e o contrario
perd*/perdendo .. fe/confianca/esperanca/paciencia
ninguem .. aparec*/veio/conectou/compareceu
falta de respeito/seriedade/interesse/profissionalismo
grosseiro/grosseira/mal educad*/prepotente
zero/nenhuma resposta/respostas/solucao
sempre .. as/a mesm*
mesmas/mesma desculpas/desculpa
nao era/e .. o que .. promet*/vend*/disseram/oferec*'),
    ('billing', 'medium', 0.9, 'linha/item/rubrica/cobranca/taxa .. nao .. entend*/reconhec*/sei/explica
fatura/boleto/nota .. nao .. entend*/reconhec*/bate
nos/me devem/deve
por que .. passou/subiu/mudou/pulou .. de
nota/fatura/boleto .. nome .. de/outra/errad*
aberto/pendente/inadimpl* .. banco/transferencia/pix/paguei/pago
falta/faltam .. desconto/bonificacao
percent .. desconto .. combin*/falta*/promet*/nao
muito mais .. podemos/posso/gastar/pagar
mais .. do que .. podemos/posso/combin*/acord*
cartao .. recus*
dinheiro/reembolso/credito/estorno .. nao .. cheg*/aparec*/entr*/caiu
sem falar/avisar nada .. preco/valor/plano/mensalidade'),
    ('outage', 'high', 0.9, 'nao .. recebem/recebe/imprime/imprimem/aparecem/chegam/enviam/saem mais
nao acontece/faz nada
nao .. aparecem/chegam/caem/entram .. desde/ontem/hoje
dados/numeros/totais/valores/saldos .. errad*/zerad* .. desde/atualiz*/0
desde .. atualizacao .. errad*/nao/saem/nada/erro/mal
tudo .. em 0/zero/zeros
me/nos desloga/derruba/expulsa/chuta
tela branca/preta/azul
acontecendo .. servidor*/sistema/plataforma
sumiram/sumiu/apagaram/perderam .. dados/pedidos/registros/cadastros/agendamentos
dados/pedidos/registros/cadastros/agendamentos .. sumiram/sumiu/apagaram/perderam
esta lentissim*
lentissim*
fica/ficam girando/rodando/carregando/pensando
deu pau/ruim
bugou/bugado/bugada'),
    ('complaint', 'low', 0, 'lentissim*/pagina/tela/salvar
nao acontece nada')
)
SELECT lealup._learn('pt', (SELECT jsonb_object_agg(s.name, s.words) FROM slot s), (SELECT jsonb_agg(p) FROM part p));
