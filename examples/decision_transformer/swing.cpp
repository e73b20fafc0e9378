// A controller in C++: swings a pendulum up by a compiled Decision Transformer, one call of the model every step.
//
// swing [RETURN] [ANGLE]   asks for this return (default -150) from this angle in degrees (default 180: hanging). Prints the rod as it
// moves, and the return that was reached. The physics is that of gymnasium's Pendulum-v1.
#include "decision_transformer.h"
#include "weft.hpp"
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int steps = 200, context = 20; // of an episode; that the model sees
constexpr float returnUnit = 500;

struct Pendulum {
  double angle, speed = 0; // radians from upright; radians a second

  /// One twentieth of a second under a torque from -2 to 2; gives the reward.
  double step(double torque) {
    double off = std::remainder(angle, 2 * M_PI);
    double reward = -(off * off + 0.1 * speed * speed + 0.001 * torque * torque);
    speed = std::clamp(speed + (15 * std::sin(angle) + 3 * torque) * 0.05, -8.0, 8.0);
    angle += speed * 0.05;
    return reward;
  }
};

/// What the model has seen of an episode, oldest first; the last action is not known yet.
struct History {
  std::vector<float> returns, states, actions;
  std::vector<int32_t> numbers;

  void push(float wanted, const Pendulum &rod, int number) {
    returns.push_back(wanted);
    for (double value : {std::cos(rod.angle), std::sin(rod.angle), rod.speed / 8})
      states.push_back(float(value));
    actions.push_back(0);
    numbers.push_back(number);
    if (numbers.size() > size_t(context)) {
      returns.erase(returns.begin());
      states.erase(states.begin(), states.begin() + 3);
      actions.erase(actions.begin());
      numbers.erase(numbers.begin());
    }
  }
};

float choose(weft::Context &model, const History &seen) {
  std::vector<float> chosen(seen.numbers.size());
  decision_transformer_run_args args = {};
  args.batch = 1;
  args.time = int64_t(seen.numbers.size());
  args.returns = seen.returns.data();
  args.states = seen.states.data();
  args.actions = seen.actions.data();
  args.timesteps = seen.numbers.data();
  args.action_preds = chosen.data();
  model.run(args);
  return chosen.back();
}

void show(const Pendulum &rod, double torque) {
  int column = 30 + int(std::lround(28 * std::sin(rod.angle)));
  std::printf("%*s%c%*s  height %+.2f  torque %+.2f\n", column, "", std::cos(rod.angle) > 0 ? 'o' : '.', 60 - column, "",
              std::cos(rod.angle), torque);
}

} // namespace

int main(int argc, char **argv) {
  double wanted = argc > 1 ? std::atof(argv[1]) : -150, degrees = argc > 2 ? std::atof(argv[2]) : 180, reached = 0;
  try {
    weft::Model model(decision_transformer_descriptor());
    weft::Context player(model);
    Pendulum rod{degrees * M_PI / 180};
    History seen;
    for (int number = 0; number < steps; number++) {
      seen.push(float(wanted - reached) / returnUnit, rod, number);
      float action = choose(player, seen);
      seen.actions.back() = action;
      if (number % 4 == 0)
        show(rod, 2 * action);
      reached += rod.step(2 * action);
    }
  } catch (const weft::Error &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
  std::printf("asked for %.0f, reached %.0f\n", wanted, reached);
}
