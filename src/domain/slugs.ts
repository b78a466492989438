const ADJECTIVES = (
  "able agile amber ample ancient apt ardent autumn azure bold brave breezy brief bright brisk bronze calm candid careful caring casual cheerful " +
  "chilly civic clean clear clever cobalt copper coral cosmic cosy crisp curious daring dazzling deep deft diligent eager early earnest easy elated " +
  "electric elegant fair famous fancy fast fearless festive fine firm fleet fluent fond frank free fresh friendly frosty gallant gentle gifted glad " +
  "golden good graceful grand grateful great green handy happy hardy hearty helpful honest humble icy ideal indigo jolly jovial keen kind large lively " +
  "loyal lucky lunar mellow merry mighty mild misty modest neat nimble noble orange patient pearly placid polite proud prudent quick quiet rapid ready " +
  "robust rosy royal sage scarlet serene sharp shiny silent silver sincere smart snowy solar solid spirited spry steady stellar sturdy sunny swift " +
  "tidy tranquil trusty upbeat valiant vivid warm watchful wise witty zesty"
).split(" ");

const ANIMALS = (
  "albatross alpaca anteater antelope armadillo auk avocet axolotl badger barracuda bat bear beetle bison bobcat bongo buffalo bumblebee bunting " +
  "buzzard camel capybara caracal caribou catfish chameleon cheetah chinchilla chipmunk cicada civet cobra condor coot cormorant cougar coyote crab " +
  "crane cricket crow curlew deer dingo dolphin dormouse dove dragonfly duck eagle echidna egret eland elk emu ermine falcon ferret finch firefly " +
  "flamingo fox gannet gazelle gecko gerbil gibbon giraffe gnu goldfinch goose gopher grouse guanaco gull hamster hare harrier hawk hedgehog heron " +
  "hoopoe hornbill horse hummingbird ibex ibis iguana impala jackal jackdaw jaguar jay kakapo kestrel kingfisher kite kiwi koala kookaburra kudu " +
  "lapwing lark lemming lemur leopard lion lizard llama lobster lynx macaw magpie manatee mandrill mantis marlin marmot marten meerkat mole mongoose " +
  "moose moth narwhal newt nightingale ocelot octopus okapi opossum oriole oryx osprey ostrich otter owl panda pangolin parrot partridge pelican " +
  "penguin pheasant pika plover porcupine porpoise puffin puma quail quokka rabbit raccoon raven reindeer robin salmon sandpiper seahorse seal skylark " +
  "sloth sparrow squirrel starling stork swallow swan tapir tern tiger toucan turtle viper vole wallaby walrus weasel whale wolf wombat woodpecker " +
  "wren yak zebra"
).split(" ");

function pick(words: readonly string[], random: () => number): string {
  return words[Math.min(Math.floor(random() * words.length), words.length - 1)] ?? "";
}

/** Returns a name for a run, such as `quiet-otter`; `random` returns numbers from 0 up to 1. */
export const generateSlug = (random: () => number): string => `${pick(ADJECTIVES, random)}-${pick(ANIMALS, random)}`;
