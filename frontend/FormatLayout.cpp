// Spacing and line breaking within one statement. The layout depends on the tokens only (and on which comments had their line to
// themselves), never on the user's line breaks; that makes formatting idempotent.
#include "FormatLayout.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVector.h"

using namespace llvm;

namespace weft {

namespace {

//===----------------------------------------------------------------------===//
// Building: brackets and spaces
//===----------------------------------------------------------------------===//

class TreeBuilder {
public:
  explicit TreeBuilder(ArrayRef<Token> tokens) : tokens(tokens) {
    TokenKind first = tokens.front().kind;
    hasWords = first == TokenKind::KwEncoder || first == TokenKind::KwDecoder || first == TokenKind::KwDim;
    optionsOpen = first == TokenKind::KwGenerate;
  }

  /// Nodes up to the closing bracket or comma of the current group.
  FormatNodes build(TokenKind bracket) {
    FormatNodes nodes;
    while (position < tokens.size()) {
      const Token &token = tokens[position];
      bool ends = token.is(TokenKind::RParen) || token.is(TokenKind::RBracket) || token.is(TokenKind::RBrace);
      if (bracket != TokenKind::End && (ends || token.is(TokenKind::Comma)))
        break;
      nodes.push_back(isOpening(token) ? buildGroup(bracket) : buildToken(bracket));
    }
    return nodes;
  }

private:
  bool isOpening(const Token &token) const {
    return token.is(TokenKind::LParen) || token.is(TokenKind::LBracket) || (token.is(TokenKind::LBrace) && optionsOpen);
  }

  FormatNode buildToken(TokenKind bracket) {
    FormatNode node;
    node.token = tokens[position];
    node.spaceBefore = wantsSpace(bracket);
    node.hasComment = node.token.is(TokenKind::Comment);
    node.width = node.spaceBefore + displayWidth(node.token.getText());
    previousUnary = isUnaryMinus(bracket);
    take();
    return node;
  }

  FormatNode buildGroup(TokenKind bracket) {
    FormatNode node;
    node.token = tokens[position];
    node.isGroup = true;
    node.spaceBefore = wantsSpace(bracket);
    previousUnary = false;
    bool isBraces = node.token.is(TokenKind::LBrace);
    take();
    while (position < tokens.size()) {
      FormatNodes item = build(node.token.kind);
      if (!item.empty())
        node.items.push_back(std::move(item));
      bool ended = position >= tokens.size() || !tokens[position].is(TokenKind::Comma);
      if (position < tokens.size() && ended)
        node.close = tokens[position];
      take();
      if (ended)
        break;
    }
    // "(", ")", "a, b"; braces have spaces inside
    node.width = node.spaceBefore + 2 + (isBraces && !node.items.empty() ? 2 : 0);
    for (const FormatNodes &item : node.items) {
      node.width += &item == &node.items.front() ? 0 : 2;
      for (const FormatNode &child : item) {
        node.width += child.width - (&child == &item.front() ? child.spaceBefore : 0);
        node.hasComment |= child.hasComment;
      }
    }
    return node;
  }

  void take() {
    if (position < tokens.size() && !tokens[position].is(TokenKind::Comment))
      previous = &tokens[position];
    ++position;
  }

  /// The words that are names elsewhere: `in`, `repeat`.
  bool isWord(const Token *token) const { return hasWords && (token->isWord("in") || token->isWord("repeat")); }

  bool endsOperand() const {
    if (!previous || isWord(previous))
      return false;
    switch (previous->kind) {
    case TokenKind::Identifier:
    case TokenKind::Number:
    case TokenKind::String:
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::KwTrue:
    case TokenKind::KwFalse:
      return true;
    default:
      return false;
    }
  }

  bool isUnaryMinus(TokenKind bracket) const { return tokens[position].is(TokenKind::Minus) && !endsOperand(); }

  /// Whether a space goes between the previous token and the current one.
  bool wantsSpace(TokenKind bracket) const {
    if (!previous)
      return false;
    bool inIndex = bracket == TokenKind::LBracket;
    switch (tokens[position].kind) {
    case TokenKind::Comma:
    case TokenKind::RParen:
    case TokenKind::RBracket:
    case TokenKind::DotDot:
      return false;
    case TokenKind::Colon:
      return !inIndex;
    case TokenKind::LParen:
      if (previous->is(TokenKind::Identifier) && !isWord(previous))
        return false;
      break;
    case TokenKind::LBracket:
      if (endsOperand() && !isNumberLike(*previous))
        return false;
      break;
    default:
      break;
    }
    switch (previous->kind) {
    case TokenKind::LParen:
    case TokenKind::LBracket:
    case TokenKind::DotDot:
      return false;
    case TokenKind::Colon:
      return !inIndex;
    case TokenKind::Minus:
      return !previousUnary;
    default:
      return true;
    }
  }

  static bool isNumberLike(const Token &token) { return token.is(TokenKind::KwTrue) || token.is(TokenKind::KwFalse); }

  ArrayRef<Token> tokens;
  size_t position = 0;
  const Token *previous = nullptr;
  bool previousUnary = false;
  bool hasWords = false;
  bool optionsOpen = false;
};

//===----------------------------------------------------------------------===//
// Printing
//===----------------------------------------------------------------------===//

class TreePrinter {
public:
  explicit TreePrinter(std::string &out) : out(out) {}

  /// Prints nodes from the current column. `after` columns follow them on their last line.
  void printNodes(ArrayRef<FormatNode> nodes, unsigned indent, unsigned after) {
    for (size_t i = 0; i < nodes.size(); ++i) {
      const FormatNode &node = nodes[i];
      if (node.token.is(TokenKind::Comment)) {
        printComment(node.token, indent + 2);
        continue;
      }
      startToken(indent + 2, i > 0 && node.spaceBefore);
      if (!node.isGroup) {
        out += node.token.getText();
        continue;
      }
      // A group stays on the line if it fits with what follows it up to the next place for a break.
      unsigned rest = 0;
      size_t next = i + 1;
      for (; next < nodes.size() && !nodes[next].isGroup; ++next)
        rest += nodes[next].width;
      rest = next < nodes.size() ? rest + 2 : rest + after;
      bool flat = !node.hasComment && column() + node.width - node.spaceBefore + rest <= formatWidth;
      flat ? printFlatGroup(node) : printBroken(node, indent);
    }
  }

  static unsigned flatWidth(ArrayRef<FormatNode> nodes) {
    unsigned width = 0;
    for (const FormatNode &node : nodes)
      width += node.width;
    return nodes.empty() ? 0 : width - nodes.front().spaceBefore;
  }

private:
  unsigned column() const {
    size_t line = out.rfind('\n') + 1; // npos + 1 is 0
    return displayWidth(StringRef(out).drop_front(line));
  }

  void newLine(unsigned indent) {
    while (!out.empty() && out.back() == ' ')
      out.pop_back();
    out += '\n';
    out.append(indent, ' ');
    lineForced = false;
  }

  /// A comment ends its line, so the next token starts another one.
  void startToken(unsigned indent, bool space) {
    if (lineForced)
      newLine(indent);
    else if (space)
      out += ' ';
  }

  void printComment(const Token &comment, unsigned indent) {
    if (comment.startsLine || lineForced)
      newLine(indent);
    else
      out += ' ';
    out += comment.getText().rtrim();
    lineForced = true;
  }

  void printFlat(ArrayRef<FormatNode> nodes) {
    for (const FormatNode &node : nodes) {
      if (&node != &nodes.front() && node.spaceBefore)
        out += ' ';
      if (node.isGroup)
        printFlatGroup(node);
      else
        out += node.token.getText();
    }
  }

  void printFlatGroup(const FormatNode &group) {
    bool spaced = group.token.is(TokenKind::LBrace) && !group.items.empty();
    out += group.token.getText();
    out += spaced ? " " : "";
    for (const FormatNodes &item : group.items) {
      out += &item == &group.items.front() ? "" : ", ";
      printFlat(item);
    }
    out += spaced ? " " : "";
    out += group.close.getText();
  }

  void printBroken(const FormatNode &group, unsigned indent) {
    out += group.token.getText();
    for (size_t i = 0; i < group.items.size(); ++i) {
      ArrayRef<FormatNode> item = group.items[i];
      // Comments before the item: behind the comma before it, or on their own lines.
      while (!item.empty() && item.front().token.is(TokenKind::Comment)) {
        printComment(item.front().token, indent + 2);
        item = item.drop_front();
      }
      if (item.empty())
        continue;
      newLine(indent + 2);
      bool isLast = true;
      for (const FormatNodes &later : ArrayRef(group.items).drop_front(i + 1))
        isLast &= llvm::all_of(later, [](const FormatNode &node) { return node.token.is(TokenKind::Comment); });
      // A comma goes before the comments that end the item.
      size_t code = item.size();
      while (item[code - 1].token.is(TokenKind::Comment))
        --code;
      printItem(item.take_front(code), indent + 2, isLast ? 0 : 1);
      if (!isLast)
        out += ',';
      for (const FormatNode &comment : item.drop_front(code))
        printComment(comment.token, indent + 2);
    }
    newLine(indent);
    out += group.close.getText();
  }

  /// One item on a line of its own: at once, or broken at its loosest operators if that is enough, or with brackets opened.
  void printItem(ArrayRef<FormatNode> item, unsigned indent, unsigned after) {
    bool hasComment = llvm::any_of(item, [](const FormatNode &node) { return node.hasComment; });
    if (hasComment || column() + flatWidth(item) + after <= formatWidth)
      return printNodes(item, indent, after);
    SmallVector<ArrayRef<FormatNode>> operands = splitAtLoosest(item);
    bool enough = operands.size() > 1;
    for (ArrayRef<FormatNode> operand : operands)
      enough &= indent + 2 + flatWidth(operand) + after <= formatWidth;
    if (!enough)
      return printNodes(item, indent, after);
    for (ArrayRef<FormatNode> operand : operands) {
      if (operand.data() != item.data())
        newLine(indent);
      printFlat(operand);
    }
  }

  static unsigned looseness(const FormatNode &node, bool isFirst) {
    if (isFirst || node.isGroup)
      return 0;
    switch (node.token.kind) {
    case TokenKind::KwOr:
      return 5;
    case TokenKind::KwAnd:
      return 4;
    case TokenKind::Ampersand:
      return 3;
    case TokenKind::Plus:
      return 2;
    case TokenKind::Minus:
      return node.spaceBefore ? 2 : 0;
    case TokenKind::Star:
    case TokenKind::Slash:
      return 1;
    default:
      return 0;
    }
  }

  /// Each operand but the first starts with its operator. A minus after an operator or '=' is none.
  static SmallVector<ArrayRef<FormatNode>> splitAtLoosest(ArrayRef<FormatNode> item) {
    auto levelAt = [&](size_t i) {
      bool isBinary = i + 1 < item.size() && item[i + 1].spaceBefore;
      return isBinary ? looseness(item[i], i == 0) : 0;
    };
    unsigned loosest = 0;
    for (size_t i = 0; i < item.size(); ++i)
      loosest = std::max(loosest, levelAt(i));
    SmallVector<ArrayRef<FormatNode>> operands;
    size_t begin = 0;
    for (size_t i = 1; loosest > 0 && i < item.size(); ++i) {
      if (levelAt(i) != loosest)
        continue;
      operands.push_back(item.slice(begin, i - begin));
      begin = i;
    }
    operands.push_back(item.drop_front(begin));
    return operands;
  }

  std::string &out;
  bool lineForced = false;
};

} // namespace

FormatNodes buildFormatTree(ArrayRef<Token> statement) { return TreeBuilder(statement).build(TokenKind::End); }

void printFormatTree(const FormatNodes &nodes, unsigned indent, std::string &out) {
  out.append(indent, ' ');
  TreePrinter(out).printNodes(nodes, indent, 0);
}

} // namespace weft
